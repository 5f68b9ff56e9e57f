package tokenizer

import (
	"strings"
	"unicode"
)

// DeepSeek's tokenizers name sets of characters that no Unicode class has.

// deepSeek3 is the last pattern of DeepSeek 3:
//
//	[!-/:-@[-`{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
func deepSeek3(s string) int {
	r, size := decode(s)
	c := classOf(r)
	if r < 128 && c&(punct|sign) != 0 {
		if n := while(isASCIILetter)(s[1:]); n > 0 {
			return 1 + n
		}
	}
	if n := run(s, alpha|mark, 0); n > 0 {
		return n
	}
	if c&(punct|sign) == 0 && r != '\r' && r != '\n' {
		if n := run(s[size:], alpha|mark, 0); n > 0 {
			return size + n
		}
	}
	lead := 0
	if r == ' ' {
		lead = 1
	}
	if n := run(s[lead:], punct|sign, 0); n > 0 {
		end := lead + n
		return len(s) - len(strings.TrimLeft(s[end:], "\r\n"))
	}
	if n := lines(s); n > 0 {
		return n
	}
	return spaces(s)
}

func isASCIILetter(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' }

// isHanOrKana is [一-龥぀-ゟ゠-ヿ].
func isHanOrKana(r rune) bool { return r >= 0x4e00 && r <= 0x9fa5 || r >= 0x3040 && r <= 0x30ff }

func isLetter(r rune) bool { return classOf(r) == alpha }

// isDeepSeekHan is [一-龥ࠀ-一가-퟿], in which the second range also holds much that is not Chinese.
func isDeepSeekHan(r rune) bool {
	return classOf(r) != space && (r >= 0x0800 && r <= 0x9fa5 || r >= 0xac00 && r <= 0xd7ff)
}

// isDeepSeekPunct is [!-/:-~！-／：-～‘-‟　-。].
func isDeepSeekPunct(r rune) bool {
	switch {
	case r >= '!' && r <= '/', r >= ':' && r <= '~', r >= '！' && r <= '／', r >= '：' && r <= '～',
		r >= 0x2018 && r <= 0x201f, r == 0x3001, r == 0x3002:
		return true
	}
	return false
}

// isCasedLetter is the list of cased letters that DeepSeek's first tokenizer spells out.
func isCasedLetter(r rune) bool {
	if r < 128 {
		return isASCIILetter(r)
	}
	if !unicode.In(r, unicode.Lu, unicode.Ll, unicode.Lt) {
		return false
	}
	return !unicode.Is(notDeepSeek, r)
}

// notDeepSeek are cased letters that the list leaves out.
var notDeepSeek = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x0560, Hi: 0x0588, Stride: 1},
		{Lo: 0x10c7, Hi: 0x10ff, Stride: 1},
		{Lo: 0x1c80, Hi: 0x1c88, Stride: 1},
		{Lo: 0x2d00, Hi: 0x2d2d, Stride: 1},
		{Lo: 0xa790, Hi: 0xa7fa, Stride: 1},
		{Lo: 0xab30, Hi: 0xab68, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x10570, Hi: 0x105bc, Stride: 1},
		{Lo: 0x16e40, Hi: 0x16e7f, Stride: 1},
		{Lo: 0x1d400, Hi: 0x1df2a, Stride: 1},
	},
}
