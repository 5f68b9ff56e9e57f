package tokenizer

import (
	"unicode"
	"unicode/utf8"

	"croft/engine/gguf"
	"golang.org/x/text/unicode/norm"
)

// wordPiece is BERT's tokenizer (Devlin et al. 2018): text is brought to lower case and stripped of accents,
// split at white space and around punctuation and Chinese characters, and each word is cut into the longest
// tokens from the left. A word that cannot be cut so is one unknown token.
type wordPiece struct {
	words        *vocabulary
	unknown      token
	lowerCase    bool
	stripAccents bool
}

func newWordPiece(f *gguf.File, words *vocabulary, unknown token) *wordPiece {
	w := &wordPiece{words: words, unknown: unknown, lowerCase: true}
	if v, ok := f.Bool("tokenizer.ggml.normalizer.lowercase"); ok {
		w.lowerCase = v
	}
	w.stripAccents = w.lowerCase
	if v, ok := f.Bool("tokenizer.ggml.normalizer.strip_accents"); ok {
		w.stripAccents = v
	}
	return w
}

func (w *wordPiece) encode(ids []int, text string) []int {
	text = wellFormed(text)
	var word []byte
	flush := func() {
		if len(word) > len(spaceSign) {
			ids = w.encodeWord(ids, word)
		}
		word = append(word[:0], spaceSign...)
	}
	flush()
	for text != "" {
		r, n := decode(text)
		if w.stripAccents {
			r = base(text[:n], r)
		}
		text = text[n:]
		class := classOf(r)
		switch {
		case class == space:
			flush()
		case w.drops(r, class):
		case class == punct, class == sign && r < 0x7f, isChinese(r):
			flush()
			word = appendRune(word, w.lower(r))
			flush()
		default:
			word = appendRune(word, w.lower(r))
		}
	}
	flush()
	return ids
}

// drops says which characters count for nothing.
func (w *wordPiece) drops(r rune, c class) bool {
	return r == 0 || r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs) || w.stripAccents && c == mark
}

// hangul is the first of the 11,172 composed syllables, which decompose by arithmetic (Unicode 3.12).
const hangul = 0xac00

// base is the first character of the canonical decomposition of r, whose text is s.
func base(s string, r rune) rune {
	if r < 0xc0 {
		return r
	}
	if r >= hangul && r < hangul+11172 {
		return 0x1100 + (r-hangul)/588 // the initial consonant
	}
	if d := norm.NFD.PropertiesString(s).Decomposition(); len(d) > 0 {
		r, _ = decode(string(d))
	}
	return r
}

func (w *wordPiece) lower(r rune) rune {
	if !w.lowerCase {
		return r
	}
	return unicode.ToLower(r)
}

// encodeWord cuts a word, which begins with the space sign, into the longest tokens from the left.
func (w *wordPiece) encodeWord(ids []int, word []byte) []int {
	start := len(ids)
	for at := 0; at < len(word); {
		id, n := w.longest(word[at:])
		if n == 0 {
			return w.unknown.append(ids[:start])
		}
		ids = append(ids, id)
		at += n
	}
	return ids
}

// longest finds the longest token at the beginning of a text.
func (w *wordPiece) longest(text []byte) (id, length int) {
	for n := min(len(text), w.words.longest); n > 0; n-- {
		if id, ok := w.words.find(text[:n]); ok {
			return id, n
		}
	}
	return 0, 0
}

// isChinese knows the blocks that BERT splits into single characters. The fifth is as published: U+2B920, not 2B820.
func isChinese(r rune) bool {
	return r >= 0x4e00 && r <= 0x9fff || r >= 0x3400 && r <= 0x4dbf ||
		r >= 0x20000 && r <= 0x2a6df || r >= 0x2a700 && r <= 0x2b73f || r >= 0x2b740 && r <= 0x2b81f ||
		r >= 0x2b920 && r <= 0x2ceaf || r >= 0xf900 && r <= 0xfaff || r >= 0x2f800 && r <= 0x2fa1f
}
