package text

// bools are the texts that strconv.ParseBool and CEL read as a bool, half of them as true.
var bools = [...]string{"1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False"}

// ParseBool reads a bool, as strconv.ParseBool does.
//
//go:noinline
func ParseBool(s string) (v, ok bool) {
	for i := range bools {
		if s == bools[i] {
			return i < len(bools)/2, true
		}
	}
	return false, false
}
