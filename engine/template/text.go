package template

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// isSpace is Python's str.isspace for one character.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

func runeCount(s string) int { return utf8.RuneCountInString(s) }

// runeAt returns the character at a place counted in characters, from the end if negative.
func runeAt(s string, i int64) (string, bool) {
	n := runeCount(s)
	at, ok := place(i, n)
	if !ok {
		return "", false
	}
	if n == len(s) {
		return s[at : at+1], true
	}
	return runeSlice(s, at, at+1), true
}

// sliceText picks count characters, step apart.
func sliceText(v value, start, step, count int) string {
	t, _ := asText(v)
	if step == 1 {
		return runeSlice(t, start, start+count)
	}
	r := []rune(t)
	var b strings.Builder
	for i := range count {
		b.WriteRune(r[start+i*step])
	}
	return b.String()
}

// runeSlice returns the characters [begin, end).
func runeSlice(s string, begin, end int) string {
	if len(s) == runeCount(s) {
		return s[begin:end]
	}
	at, from, to := 0, len(s), len(s)
	for i := range s {
		if at == begin {
			from = i
		}
		if at == end {
			to = i
			break
		}
		at++
	}
	return s[from:max(from, to)]
}

// splitLines is str.splitlines, with the line ends where keep is set.
func splitLines(s string, keep bool) []string {
	var lines []string
	for s != "" {
		i := strings.IndexFunc(s, isLineEnd)
		if i < 0 {
			return append(lines, s)
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		if strings.HasPrefix(s[i:], "\r\n") {
			n = 2
		}
		line := s[:i]
		if keep {
			line = s[:i+n]
		}
		lines = append(lines, line)
		s = s[i+n:]
	}
	return lines
}

func isLineEnd(r rune) bool {
	return r >= '\n' && r <= '\r' || r >= 0x1c && r <= 0x1e || r == 0x85 || r == 0x2028 || r == 0x2029
}

// upperLong are the letters whose capital has more than one character.
var upperLong = strings.NewReplacer("ß", "SS", "ŉ", "ʼN", "ǰ", "J̌", "ΐ", "Ϊ́", "ΰ", "Ϋ́", "և", "ԵՒ",
	"ﬀ", "FF", "ﬁ", "FI", "ﬂ", "FL", "ﬃ", "FFI", "ﬄ", "FFL", "ﬅ", "ST", "ﬆ", "ST")

func upper(s string) string { return strings.ToUpper(upperLong.Replace(s)) }

func lower(s string) string {
	s = strings.ReplaceAll(s, "İ", "i̇")
	return strings.ToLower(s)
}

func isCased(r rune) bool { return unicode.IsUpper(r) || unicode.IsLower(r) || unicode.IsTitle(r) }

// capitalize makes the first character a capital and the others small.
func capitalize(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return ""
	}
	return titleRune(r) + lower(s[n:])
}

func titleRune(r rune) string {
	if long := upperLong.Replace(string(r)); long != string(r) {
		first, n := utf8.DecodeRuneInString(long)
		return string(first) + lower(long[n:])
	}
	return string(unicode.ToTitle(r))
}

// title makes the first letter of each run of letters a capital, as str.title does.
func title(s string) string {
	var b strings.Builder
	inside := false
	for _, r := range s {
		if inside {
			b.WriteString(lower(string(r)))
		} else {
			b.WriteString(titleRune(r))
		}
		inside = isCased(r)
	}
	return b.String()
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "'", "&#39;", `"`, "&#34;")

func escape(s string) string { return escaper.Replace(s) }
