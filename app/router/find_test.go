package router

import (
	"strings"
	"testing"
)

func TestAModelElsewhereIsFoundByABeginningThatFitsNoOther(t *testing.T) {
	id := func(begin string) string { return begin + strings.Repeat("0", 64-len(begin)) }
	f := fleet{others: []Place{
		{Models: []Model{{ID: id("c0ffee"), Name: "Qwen3 4B"}, {ID: id("c0ffef"), Name: "Qwen3 0.6B"}}},
		{Models: []Model{{ID: id("c0ffee"), Name: "Qwen3 4B"}, {ID: id("abcd"), Name: "Llama"}, {ID: id("1234"), Name: "Llama Guard"}}},
	}}
	for name, want := range map[string]string{
		id("c0ffee"): id("c0ffee"), "qwen3 4b": id("c0ffee"), "Qwen3 4": id("c0ffee"), // the same file at two places
		"qwen3": "", "c0ffe": "", "c0ffef": id("c0ffef"), // two fit, one does
		"llama": id("abcd"), "llama g": id("1234"), // a whole name goes before a beginning
		"abc": "", "ABCD": id("abcd"), "mistral": "",
	} {
		if got := f.find(name); got != want {
			t.Errorf("%q finds %.8q, want %.8q", name, got, want)
		}
	}
}
