package edge

// SitePath is sitePath, for its fuzz test.
func SitePath(value string) bool { return sitePath(value) }
