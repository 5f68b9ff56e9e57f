package engine

import (
	"strings"
	"testing"

	"croft/engine/tinymodel"
)

// A reply that goes on from its text reads that text as its tokens, and says nothing of it twice.
func TestBeginIsReadAsTheReplyAndNotSaidAgain(t *testing.T) {
	m := openFile(t, tinyFile(t, tinymodel.Options{Family: "qwen3", Seed: 7}), Options{})
	begin := "Once upon \u2713 a #~"
	ids := m.Tokenize(begin, false, true)
	r := Request{Text: "Tell me", ReplyMax: len(ids) + 12, IgnoreEnd: true, Stop: []string{"#~\x00\x00"}}
	byText, byTokens := r, r
	byText.Begin, byTokens.Written = begin, ids
	got, want := collect(t, m, byText), collect(t, m, byTokens)
	if len(got.ids) != 12 || len(ids) < 3 {
		t.Fatalf("%d tokens follow %d that were there, want 12: %+v %q", len(got.ids), len(ids), got.Result, got.text)
	}
	// What is held back of tokens may be a stop string's beginning; what is held back of a text was shown.
	if got.text != strings.TrimPrefix(want.text, "#~") {
		t.Errorf("by its text it goes on with %q, by its tokens with %q", got.text, want.text)
	}
	if got.ReplyTokens != r.ReplyMax || got.PromptTokens != want.PromptTokens || got.Reason != Length {
		t.Errorf("%+v, want %d tokens of a reply", got.Result, r.ReplyMax)
	}
	both := byText
	both.Written = got.ids[:5]
	if rest := collect(t, m, both); !strings.HasSuffix(got.text, rest.text) || len(rest.ids) != 7 {
		t.Errorf("after five more tokens it goes on with %q, want the end of %q", rest.text, got.text)
	}
}
