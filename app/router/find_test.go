package router

import (
	"strings"
	"testing"

	"croft/app/lanapi/wire"
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

func TestModelsForEmbeddingsAreNoPlacesModels(t *testing.T) {
	d := Device{ID: "pc", Online: true, Status: wire.Status{Models: []wire.Model{
		{ID: "11", Name: "Vectors", Embedding: true, Default: true}, {ID: "22", Name: "Qwen3 4B"},
	}}}
	p := d.place()
	if m, ok := p.standIn(); len(p.Models) != 1 || !ok || m.ID != "22" {
		t.Errorf("%+v has %+v", m, p.Models)
	}
	if got := (fleet{others: []Place{p}}).find("vectors"); got != "" {
		t.Errorf("a model for embeddings is found as %q", got)
	}
}
