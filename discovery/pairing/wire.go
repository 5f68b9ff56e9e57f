package pairing

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is the first byte of a message; doc.go says what each holds.
type kind byte

const (
	kindShare kind = iota + 1
	kindTag
	kindScan
	kindShown
	kindHello
	kindAccept
	kindDone
	kindRefuse
)

const (
	headerBytes  = 3 // kind, length in two bytes
	proofBytes   = 32
	nameBytesMax = 64
)

// sizes bounds the body of each kind.
var sizes = map[kind]struct{ min, max int }{
	kindShare:  {shareBytes, shareBytes},
	kindTag:    {tagBytes, tagBytes},
	kindScan:   {proofBytes, proofBytes},
	kindShown:  {proofBytes, proofBytes},
	kindHello:  {3, 2 + nameBytesMax},
	kindAccept: {1, 1},
	kindDone:   {0, 0},
	kindRefuse: {1, 1},
}

func writeMessage(w io.Writer, k kind, body []byte) error {
	m := append(make([]byte, 0, headerBytes+len(body)), byte(k))
	m = binary.BigEndian.AppendUint16(m, uint16(len(body)))
	_, err := w.Write(append(m, body...))
	return err
}

// readMessage reads one message. It looks at kind and length before it makes
// room for the body.
func readMessage(r io.Reader) (kind, []byte, error) {
	var header [headerBytes]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return 0, nil, err
	}
	k, n := kind(header[0]), int(binary.BigEndian.Uint16(header[1:]))
	size, known := sizes[k]
	if !known || n < size.min || n > size.max {
		return 0, nil, fmt.Errorf("%w (message %d of %d bytes)", ErrProtocol, k, n)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		return 0, nil, err
	}
	return k, body, nil
}

// expect reads one message of kind want. A refusal comes back as its error.
func expect(r io.Reader, want kind) ([]byte, error) {
	k, body, err := readMessage(r)
	switch {
	case err != nil:
		return nil, err
	case k == kindRefuse:
		return nil, refusal(body[0]).err()
	case k != want:
		return nil, fmt.Errorf("%w (message %d instead of %d)", ErrProtocol, k, want)
	}
	return body, nil
}

// About is what a device says of itself once the code has been proved.
type About struct {
	Name string // as people read it; see CleanName
	Port uint16 // where it answers devices that it knows, 0: nowhere
}

func (a About) encode() []byte {
	return append(binary.BigEndian.AppendUint16(nil, a.Port), a.Name...)
}

func parseAbout(body []byte) (About, error) {
	if len(body) < 3 {
		return About{}, fmt.Errorf("%w (hello too short)", ErrProtocol)
	}
	a := About{Port: binary.BigEndian.Uint16(body), Name: string(body[2:])}
	if a.Name != CleanName(a.Name) {
		return About{}, fmt.Errorf("%w (name)", ErrProtocol)
	}
	return a, nil
}

// CleanName returns name as it may be sent and shown: one line of at most 64
// bytes without anything invisible, runs of space joined. It may be empty.
func CleanName(name string) string {
	visible := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError || !unicode.IsGraphic(r):
			return -1
		}
		return r
	}, name)
	visible = strings.Join(strings.Fields(visible), " ")
	for len(visible) > nameBytesMax {
		_, last := utf8.DecodeLastRuneInString(visible)
		visible = strings.TrimRight(visible[:len(visible)-last], " ")
	}
	return visible
}

// Rights is what one device lets another do.
type Rights struct {
	Answers bool // ask this device's models
	Models  bool // copy its model files
	Notes   bool // read and change its notes
}

func (r Rights) encode() []byte {
	var bits byte
	for i, granted := range []bool{r.Answers, r.Models, r.Notes} {
		if granted {
			bits |= 1 << i
		}
	}
	return []byte{bits}
}

func parseRights(body []byte) (Rights, error) {
	if len(body) != 1 || body[0] > 7 {
		return Rights{}, fmt.Errorf("%w (rights)", ErrProtocol)
	}
	b := body[0]
	return Rights{Answers: b&1 != 0, Models: b&2 != 0, Notes: b&4 != 0}, nil
}
