package template

import (
	"regexp"
	"strings"
)

// wordBreak finds the pieces a line may be broken between: white space, hyphenated parts, dashes and words.
var wordBreak = regexp.MustCompile(`[\t\n\v\f\r ]+|[^\t\n\v\f\r ]*?[\w!"'&.,?]-{2,}|[^\t\n\v\f\r ]*?[\p{L}_][\p{L}_]*-|[^\t\n\v\f\r ]+`)

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

func (w *wrapper) pieces(line string) []string {
	if w.hyphens {
		return wordBreak.FindAllString(line, -1)
	}
	return regexp.MustCompile(`[\t\n\v\f\r ]+|[^\t\n\v\f\r ]+`).FindAllString(line, -1)
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
