package sign

import (
	"fmt"

	"github.com/edgewise-dev/edgewise/core/verify"
)

// Rotate signs next as the list that follows list, and gives the file that verifiers follow. It fills in next's Version and Previous. The signers must
// be of list, as many as its largest threshold says.
func Rotate(list, next *verify.KeyList, signers ...Signer) ([]byte, error) {
	next.Version, next.Previous = list.Version+1, verify.Sum(list.Append(nil))
	signed, err := All(next.Append(nil), signers...)
	if err != nil {
		return nil, err
	}
	file := verify.AppendListFile(nil, &signed)
	if _, err := list.Next(file, verify.CheckSignature); err != nil {
		return nil, fmt.Errorf("key list %d: %w", next.Version, err)
	}
	return file, nil
}
