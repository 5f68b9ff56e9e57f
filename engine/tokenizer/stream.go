package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// Stream turns the ids of a reply into text as they come. Each piece of text is whole UTF-8: the bytes of a character
// that is not complete yet are held back. Special tokens are left out.
type Stream struct {
	t    *Tokenizer
	held []byte
}

// NewStream begins a stream.
func NewStream(t *Tokenizer) *Stream { return &Stream{t: t} }

// Next returns the text that id completes, which may be empty. Bytes that can become no character are replaced by U+FFFD.
func (s *Stream) Next(id int) string {
	if s.t.IsSpecial(id) {
		return ""
	}
	s.held = s.t.appendPiece(s.held, id)
	whole := len(s.held) - incomplete(s.held)
	text := valid(s.held[:whole])
	s.held = append(s.held[:0], s.held[whole:]...)
	return text
}

// Rest returns what is still held back, at the end of a reply.
func (s *Stream) Rest() string {
	text := valid(s.held)
	s.held = s.held[:0]
	return text
}

// incomplete is the length of a character at the end of b that lacks bytes.
func incomplete(b []byte) int {
	for n := 1; n <= min(len(b), utf8.UTFMax-1); n++ {
		tail := b[len(b)-n:]
		if utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}

// valid replaces each byte that belongs to no character, as a conversion to runes does.
func valid(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var text strings.Builder
	for _, r := range string(b) {
		text.WriteRune(r)
	}
	return text.String()
}
