package tokenizer

import "strings"

// A rule cuts the first piece off a text that is not empty and returns its length in bytes. It sees nothing
// outside the text, so that what it looks ahead for ends where the text ends.
type rule func(s string) int

// split gives each word of a text to emit: the first rule cuts the text into pieces, the second these, and so on.
func split(rules []rule, s string, emit func(word string)) {
	if len(rules) == 0 {
		emit(s)
		return
	}
	for s != "" {
		n := rules[0](s)
		split(rules[1:], s[:n], emit)
		s = s[n:]
	}
}

// matching makes a rule of a pattern: the pieces are its matches and what lies between them. The pattern
// returns the length of the match at the beginning of a text, 0 for none.
func matching(pattern func(s string) int) rule {
	return func(s string) int {
		if n := pattern(s); n > 0 {
			return n
		}
		at := 0
		for at < len(s) && pattern(s[at:]) == 0 {
			_, n := decode(s[at:])
			at += n
		}
		return at
	}
}

// run is the length of the characters of the given classes at the beginning, at most most of them (0: any number).
func run(s string, of class, most int) int {
	at := 0
	for k := 0; at < len(s) && (most == 0 || k < most); k++ {
		r, n := decode(s[at:])
		if classOf(r)&of == 0 {
			break
		}
		at += n
	}
	return at
}

// runNot is the length of the characters of none of the given classes.
func runNot(s string, of class) int {
	at := 0
	for at < len(s) {
		r, n := decode(s[at:])
		if classOf(r)&of != 0 {
			break
		}
		at += n
	}
	return at
}

// contraction is the length of 's 't 're 've 'm 'll 'd.
func contraction(s string) int {
	if len(s) < 2 || s[0] != '\'' {
		return 0
	}
	switch s[1] {
	case 's', 't', 'm', 'd':
		return 2
	}
	if len(s) >= 3 {
		switch s[1:3] {
		case "re", "ve", "ll":
			return 3
		}
	}
	return 0
}

// contractionAnyCase is the same for 'S, 'Re and so on.
func contractionAnyCase(s string) int {
	if s[0] != '\'' {
		return 0
	}
	var lower [3]byte
	n := copy(lower[:], s)
	for i := range n {
		if c := lower[i]; c >= 'A' && c <= 'Z' {
			lower[i] = c | 0x20
		}
	}
	return contraction(string(lower[:n]))
}

// gpt2 is  's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
func gpt2(s string) int {
	if n := contraction(s); n > 0 {
		return n
	}
	lead := 0
	if s[0] == ' ' && len(s) > 1 {
		lead = 1
	}
	r, _ := decode(s[lead:])
	switch c := classOf(r); c {
	case alpha, number:
		return lead + run(s[lead:], c, 0)
	case space:
		return spaces(s)
	}
	return lead + runNot(s[lead:], space|alpha|number)
}

// spaces is \s+(?!\S)|\s+ : all white space but the last before a word, unless there is only one.
func spaces(s string) int {
	at, last := 0, 0
	for at < len(s) {
		r, n := decode(s[at:])
		if classOf(r) != space {
			break
		}
		at, last = at+n, n
	}
	if at < len(s) && at > last {
		return at - last
	}
	return at
}

// lines is \s*[\r\n]+ : white space up to the last end of a line in it.
func lines(s string) int {
	end := 0
	for at := 0; at < len(s); {
		r, n := decode(s[at:])
		if classOf(r) != space {
			break
		}
		at += n
		if r == '\n' || r == '\r' {
			end = at
		}
	}
	return end
}

// modern is the pattern of Llama 3, Qwen 2 and their descendants, which differ in a few places:
//
//	(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
type modern struct {
	word    func(s string) int // the letters of a word; the default is \p{L}+
	letter  class              // what a word may hold; the default is \p{L}
	digits  int                // how many make a word, 0 for any number
	after   string             // what punctuation takes along; the default is \r\n
	endings endings            // what becomes of 's and the like; the default is a word of their own
}

type endings int

const (
	apart    endings = iota
	attached         // they belong to the word before them
	unheeded         // they are punctuation and letters
)

func (m modern) rule() rule {
	if m.letter == 0 {
		m.letter = alpha
	}
	if m.word == nil {
		m.word = func(s string) int { return run(s, m.letter, 0) }
	}
	return m.cut
}

func (m modern) cut(s string) int {
	if m.endings == apart {
		if n := contractionAnyCase(s); n > 0 {
			return n
		}
	}
	r, size := decode(s)
	c := classOf(r)
	if n := m.letters(s, r, c, size); n > 0 {
		return n
	}
	if c == number {
		return run(s, number, m.digits)
	}
	if n := m.punctuation(s, c); n > 0 {
		return n
	}
	if n := lines(s); n > 0 {
		return n
	}
	return max(spaces(s), size)
}

// letters is [^\r\n\p{L}\p{N}]?\p{L}+ .
func (m modern) letters(s string, r rune, c class, size int) int {
	if c == number || r == '\r' || r == '\n' {
		return 0
	}
	n := 0
	if c != alpha && size < len(s) {
		if n = m.word(s[size:]); n > 0 {
			n += size
		}
	}
	if n == 0 {
		n = m.word(s)
	}
	if n > 0 && m.endings == attached && n < len(s) {
		n += contractionAnyCase(s[n:])
	}
	return n
}

// punctuation is  ?[^\s\p{L}\p{N}]+[\r\n]* .
func (m modern) punctuation(s string, c class) int {
	lead := 0
	if s[0] == ' ' {
		lead = 1
	} else if c == space {
		return 0
	}
	n := runNot(s[lead:], space|number|m.letter)
	if n == 0 {
		return 0
	}
	n += lead
	for n < len(s) && strings.IndexByte(m.after, s[n]) >= 0 {
		n++
	}
	return n
}

// cased is the word of GPT-4o and Tekken, as llama.cpp has it: it begins anew at a capital, so that "helloWorld"
// is two. Upper means any letter but a-z, lower any but A-Z; other scripts are both.
//
//	upper* lower+ | upper+ lower*
func cased(s string) int {
	end, lastBoth := 0, -1
	for end < len(s) {
		r, n := decode(s[end:])
		if classOf(r) != alpha || r >= 'a' && r <= 'z' {
			break
		}
		end += n
		if r >= 128 {
			lastBoth = end
		}
	}
	lower := end + lowers(s[end:])
	if lower == end && lastBoth >= 0 {
		return lastBoth
	}
	return lower
}

func lowers(s string) int {
	at := 0
	for at < len(s) {
		r, n := decode(s[at:])
		if classOf(r) != alpha || r >= 'A' && r <= 'Z' {
			break
		}
		at += n
	}
	return at
}
