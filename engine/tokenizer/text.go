package tokenizer

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// The byte alphabet of byte-level BPE writes each byte as a character that can be printed: those of Latin-1
// that can be as themselves, the other 68 as the characters from U+0100 on (Radford et al. 2019, GPT-2).
var letterOf, byteOf = byteAlphabet()

// letter is one or two bytes of UTF-8.
type letter struct {
	b [2]byte
	n uint8
}

// byteAlphabet makes the table of each byte's character, and of each character's byte or -1.
func byteAlphabet() (letters [256]letter, bytes [256 + 68]int16) {
	for r := range bytes {
		bytes[r] = -1
	}
	next := rune(256)
	for b := range rune(256) {
		r := b
		if b <= ' ' || b >= 0x7f && b <= 0xa0 || b == 0xad {
			r = next
			next++
		}
		bytes[r] = int16(b)
		letters[b].n = uint8(utf8.EncodeRune(letters[b].b[:], r))
	}
	return letters, bytes
}

// appendLetters writes bytes in the byte alphabet.
func appendLetters(dst []byte, text string) []byte {
	for i := range len(text) {
		l := &letterOf[text[i]]
		dst = append(dst, l.b[0])
		if l.n == 2 {
			dst = append(dst, l.b[1])
		}
	}
	return dst
}

// appendBytes reads the byte alphabet. A character that is not in it stands for itself.
func appendBytes(dst, text []byte) []byte {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if int(r) < len(byteOf) && byteOf[r] >= 0 {
			dst = append(dst, byte(byteOf[r]))
		} else {
			dst = append(dst, text[:n]...)
		}
		text = text[n:]
	}
	return dst
}

// spaceSign is what SentencePiece writes for a space, U+2581.
const spaceSign = "▁"

func appendSpaces(dst, text []byte) []byte {
	for {
		before, after, found := bytes.Cut(text, []byte(spaceSign))
		dst = append(dst, before...)
		if !found {
			return dst
		}
		dst = append(dst, ' ')
		text = after
	}
}

// parseByte reads the name of a byte token, "<0x0A>".
func parseByte(text []byte) (byte, bool) {
	if len(text) != 6 || string(text[:3]) != "<0x" || text[5] != '>' {
		return 0, false
	}
	high, low := hexDigit(text[3]), hexDigit(text[4])
	return byte(high<<4 | low), high >= 0 && low >= 0
}

func hexDigit(c byte) int { return strings.IndexByte("0123456789ABCDEF", c) }

// decode reads a character of text that wellFormed returned. Unlike package utf8 it knows surrogates.
func decode(s string) (r rune, size int) {
	c := rune(s[0])
	switch {
	case c < 0x80:
		return c, 1
	case c < 0xe0:
		return c&0x1f<<6 | rune(s[1]&0x3f), 2
	case c < 0xf0:
		return c&0x0f<<12 | rune(s[1]&0x3f)<<6 | rune(s[2]&0x3f), 3
	}
	return c&0x07<<18 | rune(s[1]&0x3f)<<12 | rune(s[2]&0x3f)<<6 | rune(s[3]&0x3f), 4
}

// wellFormed returns text that decode can read: a byte that belongs to no character becomes U+FFFD, and a
// character in too many bytes is shortened. Surrogates stay, since the models' tokenizers keep them.
func wellFormed(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	var b []byte
	for len(text) > 0 {
		n := sequence(text)
		r := utf8.RuneError
		if n > 0 {
			r, _ = decode(text)
		}
		if r > utf8.MaxRune {
			r, n = utf8.RuneError, 0
		}
		b = appendRune(b, r)
		text = text[max(n, 1):]
	}
	return string(b)
}

// sequence is the length of the lead byte with its continuation bytes, 0 when they do not fit together.
func sequence(s string) int {
	n := 0
	switch c := s[0]; {
	case c < 0x80:
		return 1
	case c >= 0xc0 && c < 0xe0:
		n = 2
	case c >= 0xe0 && c < 0xf0:
		n = 3
	case c >= 0xf0 && c < 0xf8:
		n = 4
	}
	if n == 0 || len(s) < n {
		return 0
	}
	for i := 1; i < n; i++ {
		if s[i]&0xc0 != 0x80 {
			return 0
		}
	}
	return n
}

// appendRune is utf8.AppendRune for surrogates too.
func appendRune(b []byte, r rune) []byte {
	if r < 0xd800 || r > 0xdfff {
		return utf8.AppendRune(b, r)
	}
	return append(b, 0xe0|byte(r>>12), 0x80|byte(r>>6)&0x3f|0x80, 0x80|byte(r)&0x3f)
}

// cleanUp takes out the spaces that English does not have: before ? ! . and , around a lone apostrophe, and
// before 's 'm 're 've (clean_up_tokenization_spaces of Hugging Face's tokenizers). It works in place.
func cleanUp(text []byte) []byte {
	text = dropSpaces(text, func(rest []byte) bool { return strings.IndexByte("?!.,", rest[0]) >= 0 })
	text = bytes.ReplaceAll(text, []byte(" ' "), []byte("'"))
	return dropSpaces(text, func(rest []byte) bool {
		for _, ending := range []string{"'s", "'m", "'re", "'ve"} {
			if bytes.HasPrefix(rest, []byte(ending)) {
				return true
			}
		}
		return false
	})
}

// dropSpaces removes each space for which drop says so of what follows.
func dropSpaces(text []byte, drop func(rest []byte) bool) []byte {
	kept := text[:0]
	for i, c := range text {
		if c == ' ' && i+1 < len(text) && drop(text[i+1:]) {
			continue
		}
		kept = append(kept, c)
	}
	return kept
}
