//go:build !edgewise_steps

package consent

// countRead counts characters that are read of cookies, in builds that count steps.
func countRead(int) {}
