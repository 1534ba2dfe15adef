//go:build !edgewise_leak

package core

// leaks is false in every ordinary build. Built with the tag edgewise_leak, contexts mask nothing, though rules still do not run without
// consent: so that a test can see that the tests of masking notice.
const leaks = false
