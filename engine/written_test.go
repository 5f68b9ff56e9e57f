package engine

import (
	"slices"
	"strings"
	"testing"

	"croft/engine/sample"
	"croft/engine/tinymodel"
	"croft/engine/tokenizer"
)

// begun is the first n tokens of a reply and their text, as a device that goes away leaves them.
func begun(t *testing.T, m *Model, r Request, n int) (ids []int, text string) {
	t.Helper()
	if n == 0 {
		return nil, ""
	}
	for p, err := range m.Generate(t.Context(), r) {
		if err != nil {
			t.Fatal(err)
		}
		ids, text = append(ids, p.Token), text+p.Text
		if len(ids) == n {
			break
		}
	}
	return ids, text
}

// carryOn cuts a reply after each of its tokens and goes on elsewhere.
func carryOn(t *testing.T, here, there *Model, r Request) {
	t.Helper()
	whole := collect(t, here, r)
	if len(whole.ids) < 3 {
		t.Fatalf("a reply of %d tokens is too short to test with", len(whole.ids))
	}
	for cut := range len(whole.ids) + 1 {
		written, text := begun(t, here, r, cut)
		rest := r
		rest.Written = written
		got := collect(t, there, rest)
		if !slices.Equal(slices.Concat(written, got.ids), whole.ids) || text+got.text != whole.text {
			t.Errorf("cut after %d of %d tokens: %v %q, then %v %q, want %v %q",
				cut, len(whole.ids), written, text, got.ids, got.text, whole.ids, whole.text)
		}
		if got.Reason != whole.Reason || got.PromptTokens != whole.PromptTokens || got.ReplyTokens != whole.ReplyTokens ||
			got.ContextUsed != whole.ContextUsed || got.ReusedTokens > got.PromptTokens {
			t.Errorf("cut after %d of %d tokens: %+v, want %+v", cut, len(whole.ids), got.Result, whole.Result)
		}
	}
}

// What is carried on, here or on another device, is what nobody interrupted: token for token and byte for byte.
func TestWrittenGoesOnWithTheSameWords(t *testing.T) {
	path := tinyFile(t, tinymodel.Options{Family: "qwen3", Seed: 7})
	here, there := openFile(t, path, Options{}), openFile(t, path, Options{Threads: 1, Kernels: "reference"})
	penalties := sample.Settings{Temperature: 0.9, TopK: 60, TopP: 0.95, MinP: 0.01, RepeatPenalty: 1.2, FrequencyPenalty: 0.1, RepeatLast: 12, Seed: 3}
	for name, s := range map[string]sample.Settings{"greedy": {}, "seeded": {Temperature: 1.5, Seed: 9}, "everything": penalties} {
		t.Run(name, func(t *testing.T) {
			carryOn(t, here, there, Request{Tokens: ids(12, 3), Sampling: s, ReplyMax: 24, IgnoreEnd: true})
			carryOn(t, here, there, Request{Text: "the quick brown fox", Sampling: s, ReplyMax: 12, IgnoreEnd: true})
		})
	}
}

// Bytes of half a character, and what may begin a stop string, belong to neither side of a cut.
func TestWrittenKeepsWhatWasHeldBack(t *testing.T) {
	m := openTiny(t, Options{})
	bytesOnly := sample.Settings{Temperature: 20, LogitBias: map[int]float32{}}
	for id := range m.Info().Vocabulary {
		if p := m.tokenizer.Piece(id); len(p) == 1 && strings.Contains("🦙é", string(p)) {
			bytesOnly.LogitBias[id] = 1000
		}
	}
	r := Request{Tokens: ids(6, 2), Sampling: bytesOnly, ReplyMax: 40, IgnoreEnd: true}
	whole, at := "", -1
	for ; at < 0 && r.Sampling.Seed < 100; r.Sampling.Seed++ {
		whole = collect(t, m, r).text
		at = strings.IndexFunc(whole, func(c rune) bool { return c > 0xffff })
	}
	r.Sampling.Seed--
	if at < 0 || len(whole) < at+8 || !strings.Contains(whole, "\ufffd") {
		t.Fatalf("%q has no whole and no half characters", whole)
	}
	for _, stop := range []string{"", whole[at:at+4] + "no", string([]rune(whole[at:])[:2])} {
		r.Stop = []string{stop}
		carryOn(t, m, m, r)
		if held(t, m, r) < 5 {
			t.Errorf("stop %q: nearly nothing was held back at any cut", stop)
		}
	}
}

// held is at how many cuts of a reply text is held back.
func held(t *testing.T, m *Model, r Request) (cuts int) {
	t.Helper()
	for n := range len(collect(t, m, r).ids) {
		w := &writer{model: m, text: tokenizer.NewStream(m.tokenizer), stops: stops{strings: r.Stop}}
		ids, _ := begun(t, m, r, n)
		for _, id := range ids {
			if _, err := w.count(id); err != nil {
				t.Fatal(err)
			}
		}
		if w.stops.rest(w.text.Rest()) != "" {
			cuts++
		}
	}
	return cuts
}

func TestWrittenThatFillsTheContextOrDoesNotExist(t *testing.T) {
	m := openTiny(t, Options{ContextMax: 64})
	carryOn(t, m, m, Request{Tokens: ids(50, 1), IgnoreEnd: true})
	got := collect(t, m, Request{Tokens: ids(50, 1), Written: ids(30, 2), IgnoreEnd: true}) // from a device with more memory
	if got.Reason != Context || len(got.ids) != 0 || got.ReplyTokens != 30 {
		t.Errorf("%+v after %v, want an end at once", got.Result, got.ids)
	}
	for _, written := range [][]int{{-1}, {5, 1 << 30}} {
		if _, err := gather(m, Request{Tokens: ids(5, 1), Written: written}); err == nil {
			t.Errorf("%v was read", written)
		}
	}
}

// The model's own end comes after what was written as it would have come without a cut.
func TestWrittenMeetsTheEnd(t *testing.T) {
	m := openTiny(t, Options{})
	for seed := range uint64(50) {
		r := Request{Tokens: ids(8, 1), Sampling: sample.Settings{Temperature: 2, Seed: seed, LogitBias: map[int]float32{2: 3}}, ReplyMax: 30}
		if whole := collect(t, m, r); whole.Reason == Stop && len(whole.ids) > 4 {
			carryOn(t, m, m, r)
			return
		}
	}
	t.Fatal("no reply ended by itself")
}
