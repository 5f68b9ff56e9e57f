package models

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestTheCatalogueIsWhole(t *testing.T) {
	for _, s := range Catalogue() {
		u, err := url.Parse(s.Address)
		if err != nil || u.Scheme != "https" || u.Host != "huggingface.co" || !strings.HasSuffix(u.Path, "-GGUF") {
			t.Errorf("%s: %q is no page with GGUF files", s.Name, s.Address)
		}
		if !strings.HasSuffix(strings.ToUpper(s.File), "-"+s.Quant+".GGUF") || len(strings.Fields(s.GoodAt)) > 5 || s.GoodAt == "" {
			t.Errorf("%s: file %q, type %s, good at %q", s.Name, s.File, s.Quant, s.GoodAt)
		}
		if name := nameOf("", s.File, s.Parameters); plain(name) != plain(s.Name) {
			t.Errorf("the file of %s is called %s", s.Name, name)
		}
		// Bits a weight: a Q4_K_M file has 4.8 to 5.6 with its larger tables, a Q8_0 file 8.5 and a little.
		bits := 8 * float64(s.SizeBytes) / float64(s.Parameters)
		if low, high := map[string]float64{"Q4_K_M": 4.8, "Q8_0": 8.5}[s.Quant], map[string]float64{"Q4_K_M": 5.9, "Q8_0": 8.7}[s.Quant]; bits < low || bits > high {
			t.Errorf("%s has %.2f bits a weight", s.Name, bits)
		}
		if s.cacheBytes < 8192 || s.context < roomTokens {
			t.Errorf("%s: %d bytes a token, context %d", s.Name, s.cacheBytes, s.context)
		}
	}
}

func TestSuggestions(t *testing.T) {
	starter := Model{Name: starterName, Parameters: 12e6, Starter: true, Fit: Fits}
	have := func(name string, parameters int64, f Fit) []Model {
		return []Model{{Name: name, Parameters: parameters, Fit: f}, starter}
	}
	for name, c := range map[string]struct {
		budget int64
		have   []Model
		want   []string
	}{
		"a large device":        {16e9, []Model{starter}, []string{"Qwen3 8B", "Qwen3 4B", "Qwen2.5 7B Instruct", "Llama 3.2 3B Instruct"}},
		"a small one":           {2e9, []Model{starter}, []string{"Qwen2.5 1.5B Instruct", "Llama 3.2 1B Instruct", "Qwen3 0.6B"}},
		"a phone":               {9e8, []Model{starter}, nil},
		"one that is here":      {16e9, have("Qwen3 8B", 8.2e9, Fits), nil},
		"a middling one":        {16e9, have("Llama 3.2 3B Instruct", 3.2e9, Fits), []string{"Qwen3 8B", "Qwen3 4B", "Qwen2.5 7B Instruct"}},
		"here under other name": {6e9, have("Meta Llama 3.2 3B", 1e6, Tight), []string{"Qwen3 4B", "Qwen2.5 7B Instruct", "Qwen2.5 3B Instruct", "Qwen3 1.7B"}},
		"one for embeddings":    {2e9, []Model{starter, {Name: "Vectors 8B", Parameters: 8e9, Fit: Fits, Embedding: true}}, []string{"Qwen2.5 1.5B Instruct", "Llama 3.2 1B Instruct", "Qwen3 0.6B"}},
		"one that is too big":   {5e9, have("Giant 70B", 70e9, TooBig), []string{"Qwen3 4B", "Llama 3.2 3B Instruct", "Qwen2.5 3B Instruct", "Qwen3 1.7B"}},
	} {
		var got []string
		for _, s := range suggest(Catalogue(), c.have, c.budget) {
			got = append(got, s.Name)
			if s.NeedsBytes > c.budget || s.NeedsBytes <= s.SizeBytes {
				t.Errorf("%s: %s needs %d of %d", name, s.Name, s.NeedsBytes, c.budget)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: suggested are %q, want %q", name, got, c.want)
		}
	}
}

func TestTheLibrarySuggestsWhatFitsHere(t *testing.T) {
	l := start(t, t.TempDir(), starterOf("Small 1"))
	list, err := l.Suggest(t.Context())
	if err != nil || len(list) != suggestionsMax || list[0].Name != "Qwen3 4B" {
		t.Errorf("suggested are %+v, %v", list, err)
	}
}
