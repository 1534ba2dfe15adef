package edge

// jsonReader steps through JSON, value by value, without taking memory for any of it. What is no JSON makes it bad, and it then gives
// nothing more.
//
//	r := jsonReader{rest: text}
//	for r.open('{'); r.more('}'); {
//		switch key := r.key(); key {
//		case "variant":
//			use(r.string())
//		default:
//			r.skip()
//		}
//	}
//	if r.end() {
//		all of it was JSON
//	}
type jsonReader struct {
	rest  string
	first bool // nothing of an array or object has been read yet
	bad   bool
}

func (r *jsonReader) fail() { r.rest, r.bad = "", true }

// peek is the first character of the next value or mark, 0 at the end.
//
//go:noinline
func (r *jsonReader) peek() byte {
	for r.rest != "" {
		switch c := r.rest[0]; c {
		case ' ', '\t', '\n', '\r':
			r.rest = r.rest[1:]
		default:
			return c
		}
	}
	return 0
}

// take reads a mark that has to be there.
//
//go:noinline
func (r *jsonReader) take(mark byte) {
	if r.peek() != mark {
		r.fail()
		return
	}
	r.rest = r.rest[1:]
}

// open begins an array or object.
func (r *jsonReader) open(bracket byte) {
	r.take(bracket)
	r.first = true
}

// more says whether another element or member follows, and ends the array or object where not.
//
//go:noinline
func (r *jsonReader) more(bracket byte) bool {
	if r.peek() == bracket {
		r.rest, r.first = r.rest[1:], false
		return false
	}
	if !r.first {
		r.take(',')
	}
	r.first = false
	return !r.bad
}

// key reads a member's key. It is as written: one with escapes in it is nobody's.
func (r *jsonReader) key() string {
	s := r.string()
	r.take(':')
	return s
}

// string reads a string and gives what stands between its quotes, escapes as they are written.
//
//go:noinline
func (r *jsonReader) string() string {
	r.take('"')
	for i := 0; i < len(r.rest); i++ {
		switch c := r.rest[i]; {
		case c == '"':
			s := r.rest[:i]
			r.rest = r.rest[i+1:]
			return s
		case c == '\\':
			i++
		case c < ' ':
			r.fail()
		}
	}
	r.fail()
	return ""
}

// scalar reads a number, true, false or null as it is written.
func (r *jsonReader) scalar() string {
	r.peek()
	i := 0
	for i < len(r.rest) && (lower(r.rest[i]) >= 'a' && lower(r.rest[i]) <= 'z' || r.rest[i] >= '0' && r.rest[i] <= '9' || r.rest[i] == '-' || r.rest[i] == '+' || r.rest[i] == '.') {
		i++
	}
	s := r.rest[:i]
	if r.rest = r.rest[i:]; s == "" {
		r.fail()
	}
	return s
}

// maxNesting bounds arrays and objects within one another in what is skipped.
const maxNesting = 64

// skip reads a value and gives it as it is written.
func (r *jsonReader) skip() string {
	r.peek()
	whole := r.rest
	objects, depth := uint64(0), 0 // a bit for each open bracket: it is an object
	for {
		switch c := r.peek(); c {
		case '{', '[':
			if depth == maxNesting {
				r.fail()
				return ""
			}
			r.open(c)
			objects <<= 1
			if c == '{' {
				objects |= 1
			}
			depth++
		case '"':
			r.string()
		default:
			r.scalar()
		}
		for depth > 0 {
			bracket := byte(']')
			if objects&1 != 0 {
				bracket = '}'
			}
			if r.more(bracket) {
				if objects&1 != 0 {
					r.key()
				}
				break
			}
			if r.bad {
				return ""
			}
			objects >>= 1
			depth--
		}
		if depth == 0 || r.bad {
			return whole[:len(whole)-len(r.rest)]
		}
	}
}

// end says whether all was JSON, and nothing is left.
func (r *jsonReader) end() bool { return r.peek() == 0 && r.rest == "" && !r.bad }
