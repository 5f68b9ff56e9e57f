package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"croft/app/cli"
)

// golden is the folder of reference data; its README says what is in it. The scripts test the same commands with
// files of the project's own.
func golden(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("CROFT_GOLDEN")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "golden")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no reference data: CROFT_GOLDEN names no folder and %s is not there", dir)
	}
	return dir
}

// croft runs a command with input on standard input, and returns what it prints, which must be one JSON document.
func croft(t *testing.T, v any, input any, args ...string) (code int) {
	t.Helper()
	in, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	code = cli.Main(context.Background(), args, bytes.NewReader(in), &out, &errs, program)
	if err := json.Unmarshal(out.Bytes(), v); err != nil {
		t.Fatalf("croft %s: exit code %d, %v, prints %.200q and %q", strings.Join(args, " "), code, err, out.String(), errs.String())
	}
	return code
}

func readGolden(t *testing.T, v any, path ...string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

type goldenTokens struct {
	Cases []struct {
		Text         string  `json:"text"`
		TextHex      *string `json:"text_hex,omitempty"`
		AddSpecial   bool    `json:"add_special"`
		ParseSpecial bool    `json:"parse_special"`
		IDs          []int   `json:"ids"`
		Detok        *string `json:"detok,omitempty"`
	} `json:"cases"`
}

func TestGoldenTokenizers(t *testing.T) {
	dir := golden(t)
	for _, name := range []string{"gpt-2", "llama-bpe", "llama-spm", "qwen2", "bert-bge"} {
		t.Run(name, func(t *testing.T) {
			var g goldenTokens
			readGolden(t, &g, dir, "tokenizers", name+".json")
			file := filepath.Join(dir, "vocab", name+".gguf")
			var ids, back [][]int
			croft(t, &ids, g.Cases, "inspect", file, "--tokenize", "-")
			if len(ids) != len(g.Cases) || len(ids) < 100 {
				t.Fatalf("%d lists for %d cases", len(ids), len(g.Cases))
			}
			for _, c := range g.Cases {
				back = append(back, c.IDs)
			}
			var texts []string
			croft(t, &texts, back, "inspect", file, "--detokenize", "-")
			for i, c := range g.Cases {
				if !slices.Equal(ids[i], c.IDs) {
					t.Errorf("%.60q gives %v, want %v", c.Text, ids[i], c.IDs)
				}
				if c.Detok != nil && texts[i] != *c.Detok {
					t.Errorf("%v gives %.60q, want %.60q", c.IDs, texts[i], *c.Detok)
				}
			}
		})
	}
}

type goldenTemplate struct {
	Template string
	BOS      *string `json:"bos_token"`
	EOS      *string `json:"eos_token"`
	Now      string
	Cases    []struct {
		Name     string
		Messages json.RawMessage
		Tools    json.RawMessage
		Kwargs   json.RawMessage
		Expected *string
		Error    string `json:"expected_error"`
		Kind     string `json:"error_kind"`
	}
}

func TestGoldenTemplates(t *testing.T) {
	dir := golden(t)
	files, err := filepath.Glob(filepath.Join(dir, "templates", "*.json"))
	if err != nil || len(files) < 20 {
		t.Fatalf("only %d templates, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			var g goldenTemplate
			readGolden(t, &g, file)
			source := filepath.Join(dir, "templates", "jinja", g.Template)
			for _, c := range g.Cases {
				var got struct{ Prompt, Error *string }
				code := croft(t, &got, map[string]any{
					"messages": c.Messages, "tools": c.Tools, "kwargs": c.Kwargs, "bos_token": g.BOS, "eos_token": g.EOS, "now": g.Now,
				}, "inspect", "--template", source, "--render", "-")
				switch {
				case c.Expected != nil && (code != 0 || got.Prompt == nil || *got.Prompt != *c.Expected):
					t.Errorf("%s: exit code %d, prompt %q, want %q", c.Name, code, deref(got.Prompt), *c.Expected)
				case c.Expected == nil && (code != 1 || got.Error == nil):
					t.Errorf("%s: exit code %d, no error, want %q", c.Name, code, c.Error)
				case c.Kind == "raise_exception" && *got.Error != c.Error:
					t.Errorf("%s: error %q, want %q", c.Name, *got.Error, c.Error)
				}
			}
		})
	}
}

func deref(s *string) string {
	if s == nil {
		return "(none)"
	}
	return *s
}

type goldenModel struct {
	File      string
	Arch      string
	Kind      string
	IDs       []int     `json:"input_ids"`
	Logits    []float64 `json:"last_logits"`
	Greedy    []int     `json:"greedy_ids"`
	Safe      int       `json:"greedy_safe_length"`
	Tolerance struct {
		Abs    float64 `json:"recommended_abs_logit"`
		RMS    float64 `json:"recommended_rms_logit"`
		Vector float64 `json:"recommended_abs"`
	}
	Texts []struct {
		Text       string
		Normalised []float64
	}
}

// goldenModels are those of the families and weight types that the engine runs.
var goldenModels = []string{
	"llama", "llama3", "llama_linear", "llama_yarn", "mistral", "qwen2", "qwen3",
	"llama-f16", "llama-bf16", "llama-q4_0", "llama-q8_0", "llama-q4_k", "llama-q5_k", "llama-q6_k",
	"qwen3-q4_0", "qwen3-q4_k_m", "qwen3-q5_k_m", "qwen3-q6_k", "qwen3-q8_0", "qwen3_embedding",
}

func TestGoldenModels(t *testing.T) {
	dir := golden(t)
	for _, name := range goldenModels {
		t.Run(name, func(t *testing.T) {
			var g goldenModel
			readGolden(t, &g, dir, "models", name+".json")
			file := filepath.Join(dir, "models", name+".gguf")
			if g.Kind == "embedding" {
				checkVectors(t, file, g)
				return
			}
			checkLogits(t, file, g)
			checkGreedy(t, file, g)
		})
	}
}

func checkLogits(t *testing.T, file string, g goldenModel) {
	var got struct{ Logits []float64 }
	croft(t, &got, nil, "inspect", file, "--logits", join(g.IDs))
	if len(got.Logits) != len(g.Logits) {
		t.Fatalf("%d logits, want %d", len(got.Logits), len(g.Logits))
	}
	worst, squares := 0.0, 0.0
	for i, want := range g.Logits {
		d := math.Abs(got.Logits[i] - want)
		worst, squares = max(worst, d), squares+d*d
	}
	rms := math.Sqrt(squares / float64(len(g.Logits)))
	if worst > g.Tolerance.Abs || g.Tolerance.RMS > 0 && rms > g.Tolerance.RMS {
		t.Errorf("off by %g, rms %g; allowed %g, %g", worst, rms, g.Tolerance.Abs, g.Tolerance.RMS)
	}
}

func checkGreedy(t *testing.T, file string, g goldenModel) {
	var got struct {
		IDs  []int
		Text *string
	}
	croft(t, &got, nil, "inspect", file, "--generate", join(g.IDs), "-n", strconv.Itoa(len(g.Greedy)))
	if len(got.IDs) != len(g.Greedy) || got.Text == nil || !slices.Equal(got.IDs[:g.Safe], g.Greedy[:g.Safe]) {
		t.Errorf("continues with %v, want %v (%d of them for certain)", got.IDs, g.Greedy, g.Safe)
	}
}

func checkVectors(t *testing.T, file string, g goldenModel) {
	texts := make([]string, len(g.Texts))
	for i, x := range g.Texts {
		texts[i] = x.Text
	}
	var got [][]float64
	croft(t, &got, texts, "inspect", file, "--embed", "-")
	if len(got) != len(texts) || len(texts) == 0 {
		t.Fatalf("%d vectors for %d texts", len(got), len(texts))
	}
	for i, x := range g.Texts {
		for j, want := range x.Normalised {
			if math.Abs(got[i][j]-want) > g.Tolerance.Vector {
				t.Errorf("text %d, value %d is %g, want %g", i, j, got[i][j], want)
				break
			}
		}
	}
}

func join(ids []int) string {
	fields := make([]string, len(ids))
	for i, id := range ids {
		fields[i] = strconv.Itoa(id)
	}
	return strings.Join(fields, ",")
}

func TestGoldenStories(t *testing.T) {
	dir := golden(t)
	for name, tolerance := range map[string]float64{"stories260K-f32": 0.002, "stories260K-q8_0": 0.3} {
		t.Run(name, func(t *testing.T) {
			var g struct {
				Runs []struct {
					Prompt string
					Text   string
					IDs    []int     `json:"ids"`
					From   []int     `json:"prompt_ids"`
					Logits []float64 `json:"prompt_last_logits"`
				}
			}
			readGolden(t, &g, dir, "stories", name+".json")
			file := filepath.Join(dir, "stories", name+".gguf")
			for _, r := range g.Runs {
				m := goldenModel{IDs: r.From, Logits: r.Logits, Greedy: r.IDs, Safe: len(r.IDs)}
				m.Tolerance.Abs = tolerance
				checkLogits(t, file, m)
				if strings.HasSuffix(name, "f32") {
					checkGreedy(t, file, m)
				}
			}
		})
	}
}
