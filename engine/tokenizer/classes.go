package tokenizer

import "unicode"

// class says which of the Unicode classes that pre-tokenizers ask for a character is in.
type class uint8

const (
	alpha  class = 1 << iota // \p{L}
	number                   // \p{N}
	space                    // \s, White_Space
	mark                     // \p{M}
	punct                    // \p{P}
	sign                     // \p{S}
)

// ascii holds the classes of the first 128 characters.
var ascii = func() (table [128]class) {
	for r := range table {
		table[r] = lookUp(rune(r))
	}
	return table
}()

func classOf(r rune) class {
	if r < 128 {
		return ascii[r]
	}
	return lookUp(r)
}

func lookUp(r rune) class {
	switch {
	case unicode.IsLetter(r):
		return alpha
	case unicode.IsSpace(r):
		return space
	case unicode.IsNumber(r):
		return number
	case unicode.IsMark(r):
		return mark
	case unicode.IsPunct(r):
		return punct
	case unicode.IsSymbol(r):
		return sign
	}
	return 0
}
