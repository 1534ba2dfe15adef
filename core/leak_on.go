//go:build edgewise_leak

package core

// leaks makes contexts mask nothing.
const leaks = true
