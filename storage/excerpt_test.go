package storage

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// marked puts brackets around what is marked.
func marked(line string, marks [][2]int) string {
	var b strings.Builder
	at := 0
	for _, m := range marks {
		b.WriteString(line[at:m[0]] + "[" + line[m[0]:m[1]] + "]")
		at = m[1]
	}
	return b.String() + line[at:]
}

func TestExcerpt(t *testing.T) {
	long := strings.Repeat("lorem ipsum ", 50)
	cases := []struct{ text, query, want string }{
		{"The Café opens", "cafe", "The [Café] opens"},
		{"one\ntwo\tthree", "TWO", "one [two] three"},
		{"concatenate the cat", "cat", "con[cat]enate the [cat]"},
		{"overlap", "over verl", "[overl]ap"},
		{"昨日は東京へ", "東京", "昨日は[東京]へ"},
		{"c and d", "c++", "[c] and d"},
		{"nothing here", "absent", "nothing here"},
		{"", "x", ""},
		{long + "needle " + long, "needle", "…ipsum lorem ipsum lorem ipsum lorem ipsum [needle]" + strings.Repeat(" lorem ipsum", 12) + " lorem…"},
	}
	for _, c := range cases {
		if got := marked(excerpt(c.text, tokenize(c.query))); got != c.want {
			t.Errorf("%q in %q: %q, want %q", c.query, c.text, got, c.want)
		}
	}
}

func FuzzExcerpt(f *testing.F) {
	f.Add(strings.Repeat("東京 Café ", 40), "cafe 東")
	f.Add("İstanbul \x00 ǅ ﬁ", "i fi")
	f.Fuzz(func(t *testing.T, text, query string) {
		text, query = strings.ToValidUTF8(text, "?"), strings.ToValidUTF8(query, "?")
		line, marks := excerpt(text, tokenize(query))
		if !utf8.ValidString(line) || strings.ContainsAny(line, "\n\r") || len(line) > excerptMax+2*len("…") {
			t.Errorf("line %q", line)
		}
		end := 0
		for _, m := range marks {
			if m[0] < end || m[1] < m[0] || m[1] > len(line) || !utf8.ValidString(line[m[0]:m[1]]) {
				t.Fatalf("mark %v in %q", m, line)
			}
			end = m[1]
		}
	})
}

func FuzzSearch(f *testing.F) {
	s := openTemp(f)
	say(f, s, addChat(f, s, "title"), 0, "user", "some text, 東京 and c++")
	for _, q := range []string{`"`, "c++", "a OR b", "東", "NEAR(a b)", "x*", "-a", "^a", "{a}:b", "\xff", "50%_\\"} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, query string) {
		if _, err := s.Search(t.Context(), query); err != nil {
			t.Errorf("%q: %v", query, err)
		}
	})
}
