package template

import (
	"strings"
	"unicode"
)

// wordWrap breaks each line of a text at width characters, as Python's textwrap does.
func wordWrap(s *state, a []value) value {
	width := s.intOr(a[1], 79)
	if width <= 0 {
		s.fail("invalid width %d (must be > 0)", width)
	}
	end := "\n"
	if v := optional(a[3]); v != nil {
		end = s.want(v)
	}
	w := wrapper{s: s, width: width, long: boolOr(a[2], true), hyphens: boolOr(a[4], true)}
	var lines []string
	for _, line := range splitLines(s.want(a[0]), false) {
		lines = append(lines, s.joinAll(w.wrap(line), end))
	}
	return str(s.joinAll(lines, end))
}

type wrapper struct {
	s             *state
	width         int
	long, hyphens bool // break long words; break at hyphens
}

// pieces cuts a line where it may be broken: at white space, after the hyphen of a compound and around dashes.
func (w *wrapper) pieces(line string) []string {
	c := cutter{[]rune(line), w.hyphens}
	var pieces []string
	for begin := 0; begin < len(c.line); {
		end := c.end(begin)
		pieces = append(pieces, string(c.line[begin:end]))
		begin = end
	}
	return pieces
}

// cutter looks at a line by character. Outside the line there is nothing.
type cutter struct {
	line    []rune
	hyphens bool
}

func (c *cutter) at(i int) rune {
	if i < 0 || i >= len(c.line) {
		return -1
	}
	return c.line[i]
}

func (c *cutter) space(i int) bool { return strings.ContainsRune("\t\n\v\f\r ", c.at(i)) }

func (c *cutter) letter(i int) bool { r := c.at(i); return r == '_' || unicode.IsLetter(r) }

// end is where the piece that begins at a place ends.
func (c *cutter) end(begin int) int {
	i := begin
	if c.space(begin) {
		for c.space(i) {
			i++
		}
		return i
	}
	if n := c.dash(begin); n > 0 {
		return begin + n
	}
	for i++; i < len(c.line) && !c.space(i); i++ {
		if c.compound(i) {
			return i + 1
		}
		if c.dash(i) > 0 {
			return i
		}
	}
	return i
}

// dash is the length of a dash of several hyphens between a word and the next, or 0.
func (c *cutter) dash(i int) int {
	before := c.at(i - 1)
	if !c.hyphens || c.at(i) != '-' || before < 0 || notWord(before) && !strings.ContainsRune(`!"'&.,?`, before) {
		return 0
	}
	n := 0
	for c.at(i+n) == '-' {
		n++
	}
	if next := c.at(i + n); n < 2 || next < 0 || notWord(next) {
		return 0
	}
	return n
}

// compound says whether the hyphen at i joins two words.
func (c *cutter) compound(i int) bool {
	before := c.letter(i-1) && (c.letter(i-2) || c.at(i-2) == '-' && c.letter(i-3))
	after := c.letter(i+1) && (c.letter(i+2) || c.at(i+2) == '-' && c.letter(i+3))
	return c.hyphens && c.at(i) == '-' && before && after
}

func blank(t string) bool { return strings.TrimSpace(t) == "" }

func (w *wrapper) wrap(line string) []string {
	pieces := w.pieces(line)
	var lines []string
	for len(pieces) > 0 {
		w.s.spend(1)
		if blank(pieces[0]) && len(lines) > 0 {
			pieces = pieces[1:]
		}
		var current []string
		current, pieces = w.fill(pieces)
		if len(current) > 0 && blank(current[len(current)-1]) {
			current = current[:len(current)-1]
		}
		if len(current) > 0 {
			lines = append(lines, strings.Join(current, ""))
		}
	}
	return lines
}

// fill takes as many pieces as fit a line, and cuts one that would fit none.
func (w *wrapper) fill(pieces []string) (current, rest []string) {
	used := 0
	for len(pieces) > 0 && used+runeCount(pieces[0]) <= w.width {
		used += runeCount(pieces[0])
		current = append(current, pieces[0])
		pieces = pieces[1:]
	}
	if len(pieces) == 0 || runeCount(pieces[0]) <= w.width {
		return current, pieces
	}
	if w.long {
		// What fits may be nothing, and that nothing then stands between the line's last space and its removal, as in Python.
		head := w.head(pieces[0], w.width-used)
		return append(current, head), append([]string{pieces[0][len(head):]}, pieces[1:]...)
	}
	if len(current) == 0 {
		return pieces[:1], pieces[1:]
	}
	return current, pieces
}

// head is the part of a long word that fits n characters, cut after a hyphen if there is one.
func (w *wrapper) head(word string, n int) string {
	head := runeSlice(word, 0, n)
	if i := strings.LastIndexByte(head, '-'); w.hyphens && i > 0 && strings.Trim(head[:i], "-") != "" {
		return head[:i+1]
	}
	return head
}
