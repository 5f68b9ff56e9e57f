package storage

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	excerptBefore = 48  // bytes of text before the first mark, about
	excerptMax    = 200 // bytes, about
	marksMax      = 16
)

// excerpt returns the piece of text around the first match of a token, on one line, and where in it
// the tokens stand.
func excerpt(text string, tokens []string) (string, [][2]int) {
	f := foldText(text)
	first := firstMatch(f, tokens)
	begin, end := window(text, first)
	line, marks := oneLine(text[begin:end]), marksIn(f, tokens, begin, end)
	if end < len(text) {
		line += "…"
	}
	if begin > 0 {
		line = "…" + line
		for i := range marks {
			marks[i][0] += len("…")
			marks[i][1] += len("…")
		}
	}
	return line, marks
}

// folded is a text without case and diacritics, as the full-text tables see it.
type folded struct {
	text string
	at   []int // for each byte of text, and one past it, the offset in the original
}

func foldText(text string) folded {
	b := make([]byte, 0, len(text))
	at := make([]int, 0, len(text)+1)
	for i := 0; i < len(text); {
		before := len(b)
		r, size := rune(text[i]), 1
		if r < utf8.RuneSelf {
			b = append(b, lower[r])
		} else {
			r, size = utf8.DecodeRuneInString(text[i:])
			b = appendFolded(b, r)
		}
		for range len(b) - before {
			at = append(at, i)
		}
		i += size
	}
	return folded{string(b), append(at, len(text))}
}

// lower maps ASCII, of which most text consists.
var lower = func() (table [utf8.RuneSelf]byte) {
	for c := range table {
		table[c] = byte(unicode.ToLower(rune(c)))
	}
	return table
}()

func appendFolded(b []byte, r rune) []byte {
	char := string(r)
	parts := norm.NFD.PropertiesString(char).Decomposition()
	if len(parts) == 0 || !unicode.Is(unicode.Latin, r) {
		return utf8.AppendRune(b, unicode.ToLower(r))
	}
	for len(parts) > 0 {
		p, size := utf8.DecodeRune(parts)
		if !unicode.Is(unicode.Mn, p) {
			b = utf8.AppendRune(b, unicode.ToLower(p))
		}
		parts = parts[size:]
	}
	return b
}

// needles are the tokens as they may stand in a folded text: whole, or as the words they consist of.
func needles(f folded, tokens []string) []string {
	var all []string
	for _, t := range tokens {
		t = foldText(t).text
		if t != "" && strings.Contains(f.text, t) {
			all = append(all, t)
			continue
		}
		all = append(all, strings.FieldsFunc(t, func(r rune) bool { return !isWordRune(r) })...)
	}
	return all
}

// firstMatch returns the offset in the original of the first match that begins a word, else of the
// first match, else 0.
func firstMatch(f folded, tokens []string) int {
	first, firstWord := len(f.text), len(f.text)
	for _, n := range needles(f, tokens) {
		for i := range occurrences(f.text, n) {
			first = min(first, i)
			if before, _ := utf8.DecodeLastRuneInString(f.text[:i]); !isWordRune(before) {
				firstWord = min(firstWord, i)
				break
			}
		}
	}
	switch {
	case firstWord < len(f.text):
		return f.at[firstWord]
	case first < len(f.text):
		return f.at[first]
	}
	return 0
}

// occurrences yields the offsets at which n, which is not empty, stands in text.
func occurrences(text, n string) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for from := 0; ; {
			i := strings.Index(text[from:], n)
			if i < 0 || !yield(from+i) {
				return
			}
			from += i + len(n)
		}
	}
}

// window chooses the piece of text to show around an offset, from a space to a space if one is near.
func window(text string, around int) (begin, end int) {
	begin = max(around-excerptBefore, 0)
	if space := strings.IndexAny(text[begin:around], " \n"); begin > 0 && space >= 0 {
		begin += space + 1
	}
	end = min(begin+excerptMax, len(text))
	if space := strings.LastIndexAny(text[begin:end], " \n"); end < len(text) && space > excerptMax/2 {
		end = begin + space
	}
	for begin > 0 && !utf8.RuneStart(text[begin]) {
		begin--
	}
	for end < len(text) && !utf8.RuneStart(text[end]) {
		end--
	}
	return begin, end
}

// oneLine keeps every offset: a control character or a line's end becomes one space.
func oneLine(s string) string {
	line := []byte(s)
	for i, c := range line {
		if c < ' ' {
			line[i] = ' '
		}
	}
	return string(line)
}

// marksIn returns the matches in text[begin:end], relative to begin, in order and merged.
func marksIn(f folded, tokens []string, begin, end int) [][2]int {
	var marks [][2]int
	for _, n := range needles(f, tokens) {
		for i := range occurrences(f.text, n) {
			from, to := f.at[i], f.at[i+len(n)]
			if to > end {
				break
			}
			if from >= begin {
				marks = append(marks, [2]int{from - begin, to - begin})
			}
		}
	}
	slices.SortFunc(marks, func(a, b [2]int) int { return a[0] - b[0] })
	return merge(marks)
}

func merge(marks [][2]int) [][2]int {
	var merged [][2]int
	for _, m := range marks {
		if last := len(merged) - 1; last >= 0 && m[0] <= merged[last][1] {
			merged[last][1] = max(merged[last][1], m[1])
		} else {
			merged = append(merged, m)
		}
	}
	return merged[:min(len(merged), marksMax)]
}
