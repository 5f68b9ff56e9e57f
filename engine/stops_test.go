package engine

import (
	"strings"
	"testing"
)

func TestStopsOverAnyCut(t *testing.T) {
	for _, c := range []struct {
		text  string
		stops []string
		want  string
		ended bool
	}{
		{"one two three", nil, "one two three", false},
		{"one two three", []string{"two"}, "one ", true},
		{"one twtwo", []string{"two"}, "one tw", true},
		{"one tw", []string{"two"}, "one tw", false},
		{"a\n\nb", []string{"\n\n", "b"}, "a", true},
		{"aab", []string{"ab", "aab"}, "", true},
		{"日本語", []string{"本"}, "日", true},
		{"text", []string{""}, "text", false},
	} {
		for size := 1; size <= 4; size++ {
			s, got := stops{strings: c.stops}, ""
			for rest := []rune(c.text); len(rest) > 0 && !s.ended; {
				n := min(size, len(rest))
				shown, _ := s.next(string(rest[:n]))
				got, rest = got+shown, rest[n:]
			}
			got += s.rest("")
			if got != c.want || s.ended != c.ended {
				t.Errorf("%q with %q in pieces of %d: %q, want %q", c.text, c.stops, size, got, c.want)
			}
		}
	}
}

func FuzzStopsLoseNothing(f *testing.F) {
	f.Add("hello world", "wor", 3)
	f.Fuzz(func(t *testing.T, text, stop string, size int) {
		s, got := stops{strings: []string{stop}}, ""
		size = max(1, size%16)
		for rest := text; rest != "" && !s.ended; {
			n := min(size, len(rest))
			shown, _ := s.next(rest[:n])
			got, rest = got+shown, rest[n:]
		}
		got += s.rest("")
		want := text
		if stop != "" {
			want, _, _ = strings.Cut(text, stop)
		}
		if got != want {
			t.Errorf("%q with %q: %q, want %q", text, stop, got, want)
		}
	})
}
