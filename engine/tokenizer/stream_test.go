package tokenizer

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestStreamHoldsBackIncompleteCharacters(t *testing.T) {
	tok := byteLevel(t, "qwen2")
	s := NewStream(tok)
	text := "né 日🦙"
	var got []string
	for _, id := range tok.Encode(text, false, false) {
		piece := s.Next(id)
		if !utf8.ValidString(piece) || strings.Contains(piece, "\ufffd") {
			t.Fatalf("a piece is %q", piece)
		}
		got = append(got, piece)
	}
	if joined := strings.Join(got, "|"); joined != "n||é| |||日||||🦙" || s.Rest() != "" {
		t.Errorf("pieces: %q", joined)
	}
}

func TestStreamOfBrokenText(t *testing.T) {
	tok := byteLevel(t, "qwen2")
	for text, want := range map[string]string{
		"a\xe6\x97":     "a\ufffd\ufffd",
		"\xe6a":         "\ufffda",
		"\xff\xff":      "\ufffd\ufffd",
		"\xf0\x9f\xa6x": "\ufffd\ufffd\ufffdx",
		"\x80\x80\x80é": "\ufffd\ufffd\ufffdé",
	} {
		s := NewStream(tok)
		var got strings.Builder
		for i := range len(text) {
			got.WriteString(s.Next(int(text[i])))
		}
		got.WriteString(s.Rest())
		if got.String() != want {
			t.Errorf("%q streams as %q, want %q", text, got.String(), want)
		}
	}
}

func TestStreamLeavesOutSpecialTokens(t *testing.T) {
	tok := byteLevel(t, "qwen2")
	s := NewStream(tok)
	got := ""
	for _, id := range tok.Encode("<|im_start|>a<think>b<|im_end|>", false, true) {
		got += s.Next(id)
	}
	if got != "a<think>b" {
		t.Errorf("streamed %q", got)
	}
}
