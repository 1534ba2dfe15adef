package verify

const magicPolicy = 'E' | 'D'<<8 | 'G'<<16 | 'P'<<24

// MaxPolicy limits an encoded policy, in bytes: the longest key list three times over, or dozens of lists of a few keys.
const MaxPolicy = 16 << 10

// AppendPolicy writes, after dst, what the module is told before it loads an envelope: a policy, the time at which it is to accept, in seconds
// since 1970, and the signed list files that lead from the policy's key list to the newest, in their order. Beyond MaxPolicy the module takes none
// of it: give it a later list then.
//
//	"EDGP", 1; now, floor (64 bits each); of what was accepted before: version (64 bits), payload's digest, candidate's version (64 bits),
//	its payload's digest, time (64 bits); channel, bundle, audience, place (texts); the key list, after its length in bytes; number of list files; each after its length in bytes
func AppendPolicy(dst []byte, p *Policy, now int64, listFiles ...[]byte) []byte {
	dst = appendDouble(appendDouble(appendWord(appendWord(dst, magicPolicy), encoding), uint64(now)), p.Floor)
	dst = append(appendDouble(dst, p.Accepted.Version), p.Accepted.Payload[:]...)
	dst = append(appendDouble(dst, p.Accepted.Candidate), p.Accepted.Tried[:]...)
	dst = appendDouble(dst, uint64(p.Accepted.Time))
	dst = appendText(appendText(appendText(appendText(dst, p.Channel), p.Bundle), p.Audience), p.Place)
	dst = appendBlob(dst, p.Keys.Append(nil))
	dst = appendWord(dst, uint32(len(listFiles)))
	for _, file := range listFiles {
		dst = appendBlob(dst, file)
	}
	return dst
}

// ReadPolicy reads what AppendPolicy writes and follows the list files. The error is a *Refusal.
func ReadPolicy(data []byte, check Checker) (p *Policy, now int64, err error) {
	r := reader{rest: data}
	r.want(r.word() == magicPolicy && r.word() == encoding)
	now = r.time()
	p = &Policy{Floor: r.double(), Accepted: Mark{r.double(), r.digest(), r.double(), r.digest(), r.time()},
		Channel: r.name(), Bundle: r.name(), Audience: r.name(), Place: string(r.blob())}
	keys := r.blob()
	files := r.word()
	if r.broken {
		return nil, 0, refuse(Torn, 0, 0)
	}
	if p.Keys, err = ReadKeyList(keys); err != nil {
		return nil, 0, err
	}
	for digest := Sum(keys); files > 0; files-- {
		if p.Keys, err = p.Keys.next(&digest, r.blob(), check); err != nil {
			return nil, 0, err
		}
	}
	if r.broken || len(r.rest) > 0 {
		return nil, 0, refuse(Torn, 0, 0)
	}
	return p, now, nil
}

// Open reads an encoded policy and accepts an envelope by it (Policy.Accept).
func Open(policy, envelope []byte, check Checker) (*Release, error) {
	p, now, err := ReadPolicy(policy, check)
	if err != nil {
		return nil, err
	}
	return p.Accept(envelope, now, check)
}
