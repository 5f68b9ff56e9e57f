package grammar

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// mixed is a vocabulary of bytes, of pieces of JSON, and of random words in several scripts.
func mixed(n int) *Vocabulary {
	pieces := mixedPieces(n)
	return NewVocabulary(len(pieces), func(id int) []byte { return pieces[id] }, []int{len(pieces) - 1})
}

func mixedPieces(n int) (pieces [][]byte) {
	seen := map[string]bool{}
	add := func(s string) {
		if !seen[s] && len(pieces) < n-1 {
			seen[s] = true
			pieces = append(pieces, []byte(s))
		}
	}
	for b := range 256 {
		add(string([]byte{byte(b)}))
	}
	for _, s := range []string{
		`{"`, `":`, `",`, `"}`, `": "`, `": `, `", "`, `"]`, `]}`, `}}`, `},`, "},\n", "{\n", "[\n", "\n  ", "\n    ", `["`, `[]`, `{}`, `":"`, `","`, `":[`, `":{"`,
		`\n`, `\u`, `\"`, `\\`, `\ud83e\udd99`, `.\n`, "é", "🦙", "\xf0\x9f", "\xa6\x99", "\xe6\x97", "日本", `é"`, `日",`, "true", "false", "null", "true,", "null}", "-1", "0.", "00", "12", "123", "1,", "2]", "2]}",
		"  ", "   ", "\t\t", " \"", "\":\n", "a\nb", "\x00", "2024", "-02-", "T10:", "a", "ab", "abc", "kind", "\"kind\"", "cat", "\"cat\"", "next", "{\"next\":",
	} {
		add(s)
	}
	r := rand.New(rand.NewPCG(1, 2))
	scripts := []string{"abcdefghijklmnopqrstuvwxyz", "абвгдежзиклмноп", "日本語中文字漢字", "éàüöñ", "0123456789", "ABCDEFG", "_-./ ()=;"}
	for len(pieces) < n-1 {
		script := []rune(scripts[min(r.IntN(3*len(scripts)), 3*len(scripts)-1)%len(scripts)])
		if r.IntN(3) > 0 {
			script = []rune(scripts[0])
		}
		var word strings.Builder
		if r.IntN(2) == 0 {
			word.WriteByte(' ')
		}
		for range 1 + r.IntN(12) {
			word.WriteRune(script[r.IntN(len(script))])
		}
		if r.IntN(40) == 0 {
			word.WriteString([]string{`"`, `",`, `":`, "\n", `\`, ".\n\n"}[r.IntN(6)])
		}
		add(word.String())
	}
	return append(pieces, nil) // the end
}

// byHand finds a mask by trying every token.
func byHand(v *Vocabulary, m *Matcher, tokens int) []uint64 {
	mask := make([]uint64, v.words)
	for id := range tokens {
		if try := *m; try.Advance(id) {
			set(mask, id)
		}
	}
	if m.Complete() {
		set(mask, v.ends[0])
	}
	return mask
}

func TestMasksAreWhatEachTokenSays(t *testing.T) {
	const tokens = 900
	v := mixed(tokens)
	r := rand.New(rand.NewPCG(3, 4))
	for _, c := range examples {
		f := schema(t, c.schema)
		for range 3 {
			m := v.Start(f)
			for step := 0; step < 40 && !m.Finished(); step++ {
				got, want := m.Allowed(), byHand(v, m, tokens-1)
				if d := difference(got, want); d >= 0 {
					t.Fatalf("%s: step %d: token %d %q: %v", c.schema, step, d, v.piece(d), got[d/64]>>(d%64)&1 == 1)
				}
				id := choose(r, got)
				if id == tokens-1 {
					break
				}
				m.Advance(id)
			}
		}
	}
}

func difference(a, b []uint64) int {
	for id := range 64 * len(a) {
		if (a[id/64]^b[id/64])>>(id%64)&1 == 1 {
			return id
		}
	}
	return -1
}

// choose draws one of the allowed tokens, -1 when there is none.
func choose(r *rand.Rand, allowed []uint64) int {
	var ids []int
	for id := range 64 * len(allowed) {
		if allowed[id/64]>>(id%64)&1 == 1 {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return -1
	}
	return ids[r.IntN(len(ids))]
}

// closing is the next token of a writer who wants to come to an end: it prefers what closes.
func closing(v *Vocabulary, r *rand.Rand, allowed []uint64) int {
	if end := v.ends[0]; allowed[end/64]>>(end%64)&1 == 1 {
		return end
	}
	for _, b := range []byte(`"}]@:/.n0`) { // null rather than one level more
		if allowed[b/64]>>(b%64)&1 == 1 {
			return int(b)
		}
	}
	return choose(r, allowed)
}

// random writes a value with a model that knows nothing. After some tokens it prefers to close what is open.
// It returns "" when that does not lead to an end.
func random(t testing.TB, v *Vocabulary, f *Format, r *rand.Rand, patience int) string {
	m := v.Start(f)
	var text []byte
	for step := range 3000 {
		if m.Finished() {
			return string(text)
		}
		allowed := m.Allowed()
		id := -1
		if step < patience {
			id = choose(r, allowed)
		} else {
			id = closing(v, r, allowed)
		}
		if id < 0 {
			t.Fatalf("%s: nothing can follow %q", f.source, text)
		}
		if id == v.ends[0] {
			return string(text)
		}
		if !m.Advance(id) {
			t.Fatalf("%s: %q cannot follow %q", f.source, v.piece(id), text)
		}
		text = append(text, v.piece(id)...)
	}
	return ""
}

// Whatever a model writes, it parses and validates.
func TestRandomModelsWriteValidValues(t *testing.T) {
	v := mixed(1500)
	r := rand.New(rand.NewPCG(5, 6))
	for _, c := range examples {
		f, s := schema(t, c.schema), decode(t, c.schema)
		ended := 0
		for i := range 40 {
			text := random(t, v, f, r, 5*i)
			if text == "" {
				continue
			}
			ended++
			var plain any
			if err := json.Unmarshal([]byte(text), &plain); err != nil {
				t.Fatalf("%s: %q: %v", c.schema, text, err)
			}
			if why := (validator{s}).valid(s, decode(t, text)); why != "" {
				t.Fatalf("%s: %s: %s", c.schema, text, why)
			}
		}
		if ended < 35 {
			t.Errorf("%s: only %d of 40 came to an end", c.schema, ended)
		}
	}
}

// Emptying the caches in the middle changes nothing.
func TestForgettingChangesNothing(t *testing.T) {
	v := mixed(600)
	for _, c := range examples {
		f := schema(t, c.schema)
		r := rand.New(rand.NewPCG(7, 8))
		m, fresh := v.Start(f), mixed(600).Start(f)
		for step := 0; step < 60 && !m.Finished(); step++ {
			if step%3 == 0 {
				m.automaton.forget()
			}
			allowed := m.Allowed()
			if difference(allowed, fresh.Allowed()) >= 0 || m.Complete() != fresh.Complete() {
				t.Fatalf("%s: the masks at step %d differ", c.schema, step)
			}
			if id := choose(r, allowed); m.Advance(id) != fresh.Advance(id) {
				t.Fatalf("%s: step %d differs", c.schema, step)
			}
		}
	}
}

// Alternatives that stay alike for long double with each level, unless the search is bounded.
func TestAlternativesThatStayAlike(t *testing.T) {
	f := schema(t, `{"$ref":"#/$defs/a","$defs":{"a":{"anyOf":[{"type":"array","items":{"$ref":"#/$defs/a"}},{"type":"array","items":{"$ref":"#/$defs/a"},"maxItems":5},{"type":"null"}]}}}`)
	v := mixed(600)
	m := v.Start(f)
	depth := 60
	for range depth {
		if !m.Advance('[') {
			t.Fatal("cannot go deeper")
		}
		m.Allowed()
	}
	if n := len(m.at.frames); n > framesMax {
		t.Errorf("%d frames", n)
	}
	for range depth {
		if !m.Advance(']') {
			t.Fatal("cannot come back")
		}
	}
	if !m.Finished() {
		t.Error("the value is not complete")
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		random(t, v, f, r, 50)
	}
}

func TestDeepValues(t *testing.T) {
	v := letters()
	m := v.Start(schema(t, `{}`))
	const depth = 5000
	for range depth {
		m.Advance('[')
	}
	m.automaton.forget()
	m.Allowed()
	for range depth {
		if !m.Advance(']') {
			t.Fatal("cannot come back")
		}
	}
	if !m.Finished() {
		t.Error("the value is not complete")
	}
}

func TestFormatsAreRemembered(t *testing.T) {
	v := letters()
	first := v.Start(schema(t, `{"const":0}`)).automaton
	if again := v.Start(schema(t, `{ "const": 0 }`)).automaton; again != first {
		t.Error("an equal schema was laid out anew")
	}
	for i := range runningMax {
		v.Start(schema(t, fmt.Sprintf(`{"const":%d}`, i+1)))
	}
	if len(v.running) != runningMax || v.Start(schema(t, `{"const":0}`)).automaton == first {
		t.Errorf("%d formats are remembered, want %d", len(v.running), runningMax)
	}
}
