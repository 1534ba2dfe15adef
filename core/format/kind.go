package format

// Kind is the type of a value: of a constant, of an attribute, of what a condition computes.
type Kind uint8

// The kinds. Their numbers are part of the format.
const (
	Error     Kind = iota // no value: CEL's error. In an attribute's type: any kind is accepted (dyn)
	Null                  //
	Bool                  //
	Int                   // 64 bits, signed
	Uint                  // 64 bits
	Double                // IEEE 754 binary64
	String                // UTF-8
	Bytes                 //
	Timestamp             // seconds since 1970 and nanoseconds, years 1 to 9999
	Duration              // nanoseconds, signed 64 bits
	List                  //
	Map                   // keys are bool, int, uint or string
	TypeOf                // a CEL type as a value
	IP                    // an address: 4 or 16 bytes
	CIDR                  // an address and the length of a prefix
	Semver                // a semantic version
	Optional              // a value or none; laid out as a list of at most one element
	kinds
)

// Dyn is how an attribute's type says that any kind is accepted.
const Dyn = Error

var kindNames = [kinds]string{"dyn", "null_type", "bool", "int", "uint", "double", "string", "bytes",
	"timestamp", "duration", "list", "map", "type", "net.IP", "net.CIDR", "kubernetes.Semver", "optional_type"}

// String gives CEL's name of the kind.
func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return "unknown"
}

// Type is an attribute's type in one word: its kind, a list's or map's element kind, a map's key kind. What is nested
// deeper is checked by whoever reads the context from text; the engine looks at each value's own kind.
type Type uint32

// TypeWord packs a type. elem and key are Dyn where there is none.
func TypeWord(kind, elem, key Kind) Type { return Type(kind) | Type(elem)<<8 | Type(key)<<16 }

// Kind is the type's own kind.
func (t Type) Kind() Kind { return Kind(t) }

// Elem is the kind of a list's elements or of a map's values.
func (t Type) Elem() Kind { return Kind(t >> 8) }

// Key is the kind of a map's keys.
func (t Type) Key() Kind { return Kind(t >> 16) }
