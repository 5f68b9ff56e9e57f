package pairing

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha512"
	"encoding/binary"
	"fmt"

	"github.com/gtank/ristretto255"
)

// CPace as draft-irtf-cfrg-cpace has it, in the suite CPACE-RISTR255-SHA512 and
// the initiator-responder setting. The letters are the draft's: Y a share, AD
// its associated data, K the shared group element, ISK the key made from it.

const (
	shareBytes = 32          // of an encoded group element
	tagBytes   = sha512.Size // of a key confirmation
	dsi        = "CPaceRistretto255"
)

// lvCat joins the parts, each behind its length in unsigned LEB128.
func lvCat(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = binary.AppendUvarint(out, uint64(len(p)))
		out = append(out, p...)
	}
	return out
}

// generator hashes the password prs, the channel identifier ci and the session
// identifier sid to a group element. Zeros fill the first block of the hash, so
// that all after it is worked on independently of the password.
func generator(prs, ci, sid []byte) *ristretto255.Element {
	zeros := max(0, sha512.BlockSize-1-len(lvCat(prs))-len(lvCat([]byte(dsi))))
	hash := sha512.Sum512(lvCat([]byte(dsi), prs, make([]byte, zeros), ci, sid))
	g, err := ristretto255.NewIdentityElement().SetUniformBytes(hash[:])
	if err != nil {
		panic(fmt.Sprintf("pairing: a hash of %d bytes was refused: %v", len(hash), err))
	}
	return g
}

// shareSecret is the half of the exchange that stays here.
type shareSecret struct {
	scalar *ristretto255.Scalar
	public []byte // Y = scalar * g
}

func newShare(g *ristretto255.Element) shareSecret {
	uniform := make([]byte, 64)
	rand.Read(uniform)
	scalar, err := ristretto255.NewScalar().SetUniformBytes(uniform)
	if err != nil {
		panic(fmt.Sprintf("pairing: %d random bytes were refused: %v", len(uniform), err))
	}
	return shareSecret{scalar: scalar, public: ristretto255.NewIdentityElement().ScalarMult(scalar, g).Bytes()}
}

// shared returns K, or errShare for a share that no honest device sends: one's
// own, the identity, or bytes that are not the one encoding of an element.
func (s shareSecret) shared(theirs []byte) ([]byte, error) {
	if bytes.Equal(s.public, theirs) {
		return nil, fmt.Errorf("%w: it is this device's own", errShare)
	}
	y, err := ristretto255.NewIdentityElement().SetCanonicalBytes(theirs)
	if err != nil {
		return nil, fmt.Errorf("%w: it encodes no group element", errShare)
	}
	k := ristretto255.NewIdentityElement().ScalarMult(s.scalar, y)
	if k.Equal(ristretto255.NewIdentityElement()) == 1 {
		return nil, fmt.Errorf("%w: it leads to the identity", errShare)
	}
	return k.Bytes(), nil
}

// contribution is what one side sent: its share and its associated data.
type contribution struct{ share, ad []byte }

// transcript is the draft's transcript_ir: the initiator a comes first.
func transcript(a, b contribution) []byte {
	return append(lvCat(a.share, a.ad), lvCat(b.share, b.ad)...)
}

func sessionKey(sid, k []byte, a, b contribution) []byte {
	isk := sha512.Sum512(append(lvCat([]byte(dsi+"_ISK"), sid, k), transcript(a, b)...))
	return isk[:]
}

// tag confirms that whoever sent c knows isk.
func tag(sid, isk []byte, c contribution) []byte {
	key := sha512.Sum512(bytes.Join([][]byte{[]byte("CPaceMac"), sid, isk}, nil))
	mac := hmac.New(sha512.New, key[:])
	mac.Write(lvCat(c.share, c.ad))
	return mac.Sum(nil)
}
