package tokenizer

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"croft/engine/gguf"
)

// golden is the folder of reference data, which is large and not part of the project.
func golden(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("CROFT_GOLDEN")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "golden")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no golden data: set CROFT_GOLDEN to its folder (%v)", err)
	}
	return dir
}

func open(t testing.TB, path string) *Tokenizer {
	t.Helper()
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	tok, err := New(f)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func readJSON(t testing.TB, path string, v any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func unhex(t testing.TB, plain, inHex string) string {
	t.Helper()
	if inHex == "" {
		return plain
	}
	b, err := hex.DecodeString(inHex)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

type reference struct {
	Meta struct {
		VocabFile string `json:"vocab_file"`
		NVocab    int    `json:"n_vocab"`
		BOS, EOS  int
		AddBOS    bool  `json:"add_bos"`
		AddEOS    bool  `json:"add_eos"`
		EOG       []int `json:"eog"`
		EOGNewer  []int `json:"eog_newer_llama"`
	}
	Pieces []struct {
		ID  int
		Hex string
	}
	Cases []struct {
		Text          string
		TextHex       string `json:"text_hex"`
		AddSpecial    bool   `json:"add_special"`
		ParseSpecial  bool   `json:"parse_special"`
		IDs           []int
		Detok         string
		DetokHex      string  `json:"detok_hex"`
		DetokClean    *string `json:"detok_clean"`
		DetokCleanHex string  `json:"detok_clean_hex"`
	}
}

func TestGoldenVocabularies(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(golden(t), "tokenizers", "*.json"))
	if len(files) < 7 {
		t.Fatalf("only %d files of reference tokens", len(files))
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		t.Run(name, func(t *testing.T) {
			var ref reference
			readJSON(t, path, &ref)
			tok := open(t, filepath.Join(golden(t), "vocab", name+".gguf"))
			checkMeta(t, tok, &ref)
			for _, p := range ref.Pieces {
				if got := hex.EncodeToString(tok.Piece(p.ID)); got != p.Hex {
					t.Errorf("piece %d = %s, want %s", p.ID, got, p.Hex)
				}
			}
			checkCases(t, tok, &ref)
		})
	}
}

func checkMeta(t *testing.T, tok *Tokenizer, ref *reference) {
	t.Helper()
	m := ref.Meta
	if tok.Vocabulary() != m.NVocab || tok.AddBOS() != m.AddBOS || tok.AddEOS() != m.AddEOS {
		t.Errorf("vocabulary %d, BOS added %v, EOS added %v; want %d, %v, %v",
			tok.Vocabulary(), tok.AddBOS(), tok.AddEOS(), m.NVocab, m.AddBOS, m.AddEOS)
	}
	if id, ok := tok.BOS(); ok != (m.BOS >= 0) || ok && id != m.BOS {
		t.Errorf("BOS = %d, %v, want %d", id, ok, m.BOS)
	}
	if id, ok := tok.EOS(); ok != (m.EOS >= 0) || ok && id != m.EOS {
		t.Errorf("EOS = %d, %v, want %d", id, ok, m.EOS)
	}
	for id := range tok.Vocabulary() {
		is, must := tok.IsEnd(id), slices.Contains(m.EOG, id)
		if may := must || slices.Contains(m.EOGNewer, id); must && !is || is && !may {
			t.Errorf("%q ends a reply: %v, want %v", tok.Piece(id), is, must)
		}
	}
}

func checkCases(t *testing.T, tok *Tokenizer, ref *reference) {
	t.Helper()
	for _, c := range ref.Cases {
		text := unhex(t, c.Text, c.TextHex)
		ids := tok.Encode(text, c.AddSpecial, c.ParseSpecial)
		if !slices.Equal(ids, c.IDs) {
			t.Errorf("Encode(%q, %v, %v)\n got %v\nwant %v", cut(text), c.AddSpecial, c.ParseSpecial, cutIDs(ids, c.IDs), cutIDs(c.IDs, ids))
			continue
		}
		want := unhex(t, c.Detok, c.DetokHex)
		if got := tok.Decode(ids, true); got != want {
			t.Errorf("Decode(%v) = %q, want %q", ids, got, want)
		}
		if c.DetokCleanHex != "" {
			want = unhex(t, "", c.DetokCleanHex)
		} else if c.DetokClean != nil {
			want = *c.DetokClean
		}
		if got := tok.Decode(ids, false); got != want {
			t.Errorf("Decode(%v) without specials = %q, want %q", ids, got, want)
		}
	}
}

func cut(s string) string { return s[:min(len(s), 300)] }

// cutIDs shows ids from a little before the place where they differ from others.
func cutIDs(ids, others []int) []int {
	at := 0
	for at < min(len(ids), len(others)) && ids[at] == others[at] {
		at++
	}
	begin := max(0, min(at-4, len(ids)))
	return ids[begin:min(len(ids), begin+24)]
}

func TestGoldenModels(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(golden(t), "models", "*.json"))
	n := 0
	for _, path := range files {
		if filepath.Base(path) == "index.json" {
			continue
		}
		var ref struct {
			Tokenize []struct {
				Text         string
				AddSpecial   bool `json:"add_special"`
				ParseSpecial bool `json:"parse_special"`
				IDs          []int
			}
		}
		readJSON(t, path, &ref)
		tok := open(t, strings.TrimSuffix(path, ".json")+".gguf")
		for _, c := range ref.Tokenize {
			n++
			if ids := tok.Encode(c.Text, c.AddSpecial, c.ParseSpecial); !slices.Equal(ids, c.IDs) {
				t.Errorf("%s: Encode(%q, %v, %v) = %v, want %v", filepath.Base(path), c.Text, c.AddSpecial, c.ParseSpecial, ids, c.IDs)
			}
		}
	}
	if n == 0 {
		t.Fatal("no texts to compare")
	}
}
