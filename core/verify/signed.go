package verify

const (
	magicEnvelope = 'E' | 'D'<<8 | 'G'<<16 | 'E'<<24
	magicListFile = 'E' | 'D'<<8 | 'G'<<16 | 'L'<<24
)

// SignatureBy is a signature and whose it is.
type SignatureBy struct {
	Key   KeyID
	Value [64]byte
}

// Signed is an encoded statement or key list with signatures of exactly these bytes.
type Signed struct {
	Body       []byte
	Signatures []SignatureBy // by ascending key, each key once
}

// Add adds a signature in its place. Where the key has signed already, the new signature counts.
func (s *Signed) Add(by SignatureBy) {
	at := 0
	for at < len(s.Signatures) && s.Signatures[at].Key < by.Key {
		at++
	}
	if at < len(s.Signatures) && s.Signatures[at].Key == by.Key {
		s.Signatures[at] = by
		return
	}
	s.Signatures = append(s.Signatures, SignatureBy{})
	copy(s.Signatures[at+1:], s.Signatures[at:])
	s.Signatures[at] = by
}

func (s *Signed) append(dst []byte) []byte {
	dst = appendBlob(dst, s.Body)
	dst = appendWord(dst, uint32(len(s.Signatures)))
	for i := range s.Signatures {
		by := &s.Signatures[i]
		dst = append(appendDouble(dst, uint64(by.Key)), by.Value[:]...)
	}
	return dst
}

func (r *reader) signed() Signed {
	s := Signed{Body: r.blob()}
	count := r.word()
	r.want(count <= MaxSignatures)
	if !r.broken && count > 0 {
		s.Signatures = make([]SignatureBy, count)
	}
	for i := range s.Signatures {
		by := &s.Signatures[i]
		by.Key = KeyID(r.double())
		copy(by.Value[:], r.take(64))
		r.want(i == 0 || s.Signatures[i-1].Key < by.Key)
	}
	return s
}

// Envelope is a release as it is stored and sent.
type Envelope struct {
	Release Signed // a Statement about Payload
	Origin  Signed // of a release that a recovery key signed: the earlier Statement about the same payload; else empty
	Payload []byte // a compiled bundle
}

// Append writes the envelope after dst. It checks nothing.
func (e *Envelope) Append(dst []byte) []byte {
	start := len(dst)
	dst = appendWord(appendWord(appendWord(dst, magicEnvelope), encoding), 0)
	dst = e.Origin.append(e.Release.append(dst))
	for (len(dst)-start)%8 != 0 {
		dst = append(dst, 0)
	}
	dst = append(dst, e.Payload...)
	appendWord(dst[:start+8], uint32(len(dst)-start))
	return dst
}

// ReadEnvelope reads what Append writes, and views data. It looks neither at the statements nor at the signatures. The error is a *Refusal.
func ReadEnvelope(data []byte) (*Envelope, error) {
	if len(data) > MaxEnvelope {
		return nil, refuse(Limit, uint64(len(data)), MaxEnvelope)
	}
	r, err := open(data, magicEnvelope)
	if err != nil {
		return nil, err
	}
	e := &Envelope{Release: r.signed(), Origin: r.signed()}
	if len(r.rest)%8 != len(data)%8 { // the payload begins at a multiple of 8
		r.want(r.word() == 0)
	}
	e.Payload = r.rest
	if r.broken {
		return nil, refuse(Torn, 0, 0)
	}
	return e, nil
}

// IsEnvelope says whether data begins as an envelope does.
func IsEnvelope(data []byte) bool {
	r := reader{rest: data}
	return r.word() == magicEnvelope
}

// AppendListFile writes a signed key list as it is stored and sent.
func AppendListFile(dst []byte, list *Signed) []byte {
	start := len(dst)
	dst = list.append(appendWord(appendWord(appendWord(dst, magicListFile), encoding), 0))
	appendWord(dst[:start+8], uint32(len(dst)-start))
	return dst
}

// ListIn reads the key list in a file, whoever has signed it: for people, not for verifiers (KeyList.Next). The error is a *Refusal.
func ListIn(file []byte) (*KeyList, error) {
	signed, err := readListFile(file)
	if err != nil {
		return nil, err
	}
	return ReadKeyList(signed.Body)
}

func readListFile(data []byte) (*Signed, error) {
	r, err := open(data, magicListFile)
	if err != nil {
		return nil, err
	}
	s := r.signed()
	if r.broken || len(r.rest) > 0 {
		return nil, refuse(Torn, 0, 0)
	}
	return &s, nil
}

// open reads a file's first three words.
func open(data []byte, magic uint32) (*reader, error) {
	r := &reader{rest: data}
	r.want(r.word() == magic)
	have := r.word()
	r.want(r.word() == uint32(len(data)))
	switch {
	case r.broken:
		return nil, refuse(Torn, 0, 0)
	case have != encoding:
		return nil, refuse(Format, uint64(have), encoding)
	}
	return r, nil
}

// signers are those whose signatures hold.
type signers struct {
	ordinary, recovery uint32
	unknown, revoked   KeyID // one of those that do not count; 0: there is none
}

// count checks all signatures by keys of the list. One by a key that may sign and that does not hold refuses the whole: nobody honest makes one.
func (l *KeyList) count(s *Signed, check Checker) (n signers, err error) {
	for i := range s.Signatures {
		by := &s.Signatures[i]
		key := l.find(by.Key)
		switch {
		case key == nil:
			n.unknown = by.Key
		case key.Role&Revoked != 0:
			n.revoked = by.Key
		case !check(&key.Public, s.Body, &by.Value):
			return n, refuseKey(Signature, by.Key)
		case key.Role&Recovery != 0:
			n.recovery++
		default:
			n.ordinary++
		}
	}
	return n, nil
}

// enough says whether at least so many ordinary keys have signed.
func (l *KeyList) enough(s *Signed, check Checker, required uint32) error {
	n, err := l.count(s, check)
	if err != nil {
		return err
	}
	return n.atLeast(required)
}

func (n signers) atLeast(required uint32) error {
	switch {
	case n.ordinary >= required:
		return nil
	case n.ordinary+n.recovery == 0 && n.revoked != 0:
		return refuseKey(RevokedKey, n.revoked)
	case n.ordinary+n.recovery == 0 && n.unknown != 0:
		return refuseKey(UnknownKey, n.unknown)
	}
	return refuse(Threshold, uint64(n.ordinary), uint64(required))
}
