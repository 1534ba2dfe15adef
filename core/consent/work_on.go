//go:build edgewise_steps

package consent

// Work is how many characters of cookies were read, those that are read again counted again. Tests hold it against package core/steps.
var Work uint64

func countRead(characters int) { Work += uint64(characters) }
