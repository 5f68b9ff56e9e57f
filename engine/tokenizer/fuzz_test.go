package tokenizer

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// Byte-level BPE loses nothing: text comes back as it was, and bytes that are no text come back mended.
func FuzzRoundTrip(f *testing.F) {
	var toks []*Tokenizer
	for _, pre := range []string{"gpt-2", "llama-bpe", "qwen2", "default", "deepseek-llm", "gpt-4o", "deepseek-coder", "viking"} {
		t := byteLevel(f, pre, "h e", "l l", "he ll", "Ġ t", "Ġt he", "1 2", "Ġ Ġ", "ĠĠ ĠĠ", "Ċ Ċ", "Ã ©")
		t.cleanSpaces = false
		toks = append(toks, t)
	}
	for _, text := range []string{"", "hello the  world\n\n12345", "é日本 🦙", "\xff\xed\xa0\x80\xc0\xaf\xf4\x90\x80\x80", "I'LL\u3000\u2028<think><|im_end|>", strings.Repeat("he", 99)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		mended := wellFormed(text)
		if utf8.ValidString(text) && mended != text {
			t.Fatalf("%q was mended to %q", text, mended)
		}
		for _, tok := range toks {
			ids := tok.Encode(text, false, false)
			if got := tok.Decode(ids, true); got != mended {
				t.Errorf("%s: %q comes back as %q", tok.Kind(), text, got)
			}
			s := NewStream(tok)
			streamed := ""
			for _, id := range ids {
				piece := s.Next(id)
				if !utf8.ValidString(piece) {
					t.Errorf("%s: streamed %q", tok.Kind(), piece)
				}
				streamed += piece
			}
			if streamed += s.Rest(); utf8.ValidString(text) && streamed != text {
				t.Errorf("%s: %q is streamed as %q", tok.Kind(), text, streamed)
			}
		}
	})
}

// No bytes bring the other kinds down.
func FuzzOtherKinds(f *testing.F) {
	llama := llamaLike(f)
	f.Add("ab a  c\xf0\x9f x</s>")
	f.Fuzz(func(t *testing.T, text string) {
		ids := llama.Encode(text, true, false)
		for _, id := range ids {
			if id < 0 || id >= llama.Vocabulary() {
				t.Fatalf("id %d", id)
			}
		}
		if !utf8.ValidString(text) || text == "" || strings.Contains(text, spaceSign) {
			return // a broken character may take half a space sign with it
		}
		if got := llama.Decode(ids, false); got != " "+text {
			t.Errorf("%q comes back as %q", text, got)
		}
	})
}
