package edge

// The limits of a visit. One with larger headers or a longer URL is forwarded as it came, with nothing decided: what is not read may be a denial.
const (
	MaxURL     = 16 << 10  // bytes; CDNs refuse longer ones
	MaxHeaders = 256       // lines; CDNs refuse more than some hundred
	MaxLines   = 128 << 10 // bytes of all header lines
	MaxCookie  = 64 << 10  // bytes of all Cookie headers
	MaxBody    = 64 << 10  // bytes of a body to an own path, and of what the origin answers to a hand-over
)

// The limits of what is made of it. What is beyond them is left out.
const (
	MaxElements        = 512     // of all lists and maps that are read from a request, keys counted
	MaxDecisionsHeader = 4 << 10 // bytes of the header Edgewise-Decisions: servers take headers of 8 KiB together
)
