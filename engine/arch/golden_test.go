package arch

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"croft/engine/gguf"
	"croft/engine/kernels"
	"croft/engine/kvcache"
	"croft/engine/tensor"
)

// goldenPath finds a file of the golden data; the test is skipped where the data is not installed.
func goldenPath(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("CROFT_GOLDEN")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "golden")
	}
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		t.Skipf("the golden data is not here (%s; CROFT_GOLDEN names another folder); TestReference checks the same on models made here", dir)
	}
	return filepath.Join(dir, name)
}

func readJSON(t *testing.T, name string, into any) {
	t.Helper()
	b, err := os.ReadFile(goldenPath(t, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatal(err)
	}
}

// openNetwork loads a model file for the rest of the test.
func openNetwork(t testing.TB, path string, set kernels.Set, threads int) *Network {
	t.Helper()
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	p := tensor.NewPool(threads)
	n, err := Load(f, p, set, nil)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	t.Cleanup(func() {
		n.Close()
		p.Close()
		f.Close()
	})
	return n
}

// reader reads one sequence with a network.
type reader struct {
	t     testing.TB
	n     *Network
	cache *kvcache.Cache
}

func newReader(t testing.TB, n *Network) *reader {
	c := n.NewCache(n.Config().Context)
	t.Cleanup(c.Free)
	return &reader{t, n, c}
}

// rows continue the sequence by ids; marked says of which the scores are wanted.
func (r *reader) rows(ids []int, marked func(i int) bool) []Row {
	rows := make([]Row, len(ids))
	for i, id := range ids {
		rows[i] = Row{Token: id, Cache: r.cache, Pos: r.cache.Len() + i, Logits: marked(i)}
	}
	return rows
}

// all returns the scores after each of ids, last those after the last of them.
func (r *reader) all(ids []int) []float32 {
	return r.forward(r.rows(ids, func(int) bool { return true }), len(ids))
}

func (r *reader) last(ids ...int) []float32 {
	return r.forward(r.rows(ids, func(i int) bool { return i == len(ids)-1 }), 1)
}

func (r *reader) forward(rows []Row, marked int) []float32 {
	r.t.Helper()
	logits := make([]float32, marked*r.n.Vocabulary())
	if err := r.n.Forward(context.Background(), rows, logits); err != nil {
		r.t.Fatal(err)
	}
	return logits
}

// greedy continues ids by n tokens and returns them with the scores after the last of them.
func (r *reader) greedy(ids []int, n int) (out []int, logits []float32) {
	logits = r.last(ids...)
	for range n {
		out = append(out, argmax(logits))
		logits = r.last(out[len(out)-1])
	}
	return out, logits
}

func argmax(x []float32) int {
	best := 0
	for i := range x {
		if x[i] > x[best] {
			best = i
		}
	}
	return best
}

// difference is the largest and the root mean square distance of two vectors.
func difference(got []float32, want []float64) (most, rms float64) {
	for i := range want {
		d := math.Abs(float64(got[i]) - want[i])
		if math.IsNaN(d) {
			return math.Inf(1), math.Inf(1)
		}
		most, rms = max(most, d), rms+d*d
	}
	return most, math.Sqrt(rms / float64(len(want)))
}

// expectation is what a reference says of one model.
type expectation struct {
	LastLogits []float64 `json:"last_logits"`
	Positions  []struct {
		IDs    []int     `json:"ids"`
		Logits []float64 `json:"logits"`
	} `json:"positions"`
	GreedyIDs        []int     `json:"greedy_ids"`
	GreedySafeLength int       `json:"greedy_safe_length"`
	AfterGreedy      []float64 `json:"logits_after_greedy"`
}

type causalCase struct {
	expectation
	InputIDs  []int `json:"input_ids"`
	Tolerance struct {
		Abs float64 `json:"recommended_abs_logit"`
		RMS float64 `json:"recommended_rms_logit"`
	} `json:"tolerance"`
	FloatReference *expectation `json:"float_reference"`
}

var goldenCausal = []string{
	"llama", "llama3", "llama_linear", "llama_yarn", "mistral", "qwen2", "qwen3",
	"llama-f16", "llama-bf16", "llama-q4_0", "llama-q8_0", "llama-q4_k", "llama-q5_k", "llama-q6_k",
	"qwen3-q4_0", "qwen3-q8_0", "qwen3-q4_k_m", "qwen3-q5_k_m", "qwen3-q6_k",
}

func TestGolden(t *testing.T) {
	for _, name := range goldenCausal {
		t.Run(name, func(t *testing.T) {
			var c causalCase
			readJSON(t, filepath.Join("models", name+".json"), &c)
			n := openNetwork(t, goldenPath(t, filepath.Join("models", name+".gguf")), kernels.Best(), 2)
			logits := newReader(t, n).all(c.InputIDs)
			if len(c.LastLogits) != n.Vocabulary() || len(c.Positions) != len(c.InputIDs) {
				t.Fatal("the golden data is not complete")
			}
			c.check(t, "as it runs", logits, c.expectation)
			if c.FloatReference != nil {
				c.check(t, "in floats", logits, *c.FloatReference)
			}
			ids, after := newReader(t, n).greedy(c.InputIDs, len(c.GreedyIDs))
			safe := c.GreedySafeLength
			if !slices.Equal(ids[:safe], c.GreedyIDs[:safe]) {
				t.Errorf("greedy tokens %v, want %v", ids[:safe], c.GreedyIDs[:safe])
			}
			if most, _ := difference(after, c.AfterGreedy); slices.Equal(ids, c.GreedyIDs) && most > c.Tolerance.Abs {
				t.Errorf("after the greedy tokens scores are off by %.2g, allowed %.2g", most, c.Tolerance.Abs)
			}
		})
	}
}

// check compares the scores (64, vocabulary) with a reference.
func (c *causalCase) check(t *testing.T, what string, logits []float32, want expectation) {
	t.Helper()
	vocab := len(want.LastLogits)
	got := slices.Clone(logits[len(logits)-vocab:])
	expected := slices.Clone(want.LastLogits)
	for i, p := range want.Positions {
		for j, id := range p.IDs {
			got = append(got, logits[i*vocab+id])
			expected = append(expected, p.Logits[j])
		}
	}
	most, rms := difference(got, expected)
	t.Logf("%s: off by at most %.2g of %.2g, rms %.2g of %.2g", what, most, c.Tolerance.Abs, rms, c.Tolerance.RMS)
	if most > c.Tolerance.Abs || c.Tolerance.RMS > 0 && rms > c.Tolerance.RMS {
		t.Errorf("%s: off by %.2g (rms %.2g), allowed %.2g (rms %.2g)", what, most, rms, c.Tolerance.Abs, c.Tolerance.RMS)
	}
}

func TestGoldenStories(t *testing.T) {
	for name, tolerance := range map[string]float64{"stories260K-f32": 2e-3, "stories260K-q8_0": 0.3} {
		t.Run(name, func(t *testing.T) {
			var c struct {
				Runs []struct {
					PromptIDs  []int     `json:"prompt_ids"`
					IDs        []int     `json:"ids"`
					AfterInput []float64 `json:"prompt_last_logits"`
				} `json:"runs"`
			}
			readJSON(t, filepath.Join("stories", name+".json"), &c)
			n := openNetwork(t, goldenPath(t, filepath.Join("stories", name+".gguf")), kernels.Best(), 2)
			if len(c.Runs) == 0 {
				t.Fatal("the golden data is empty")
			}
			for _, run := range c.Runs {
				if most, _ := difference(newReader(t, n).last(run.PromptIDs...), run.AfterInput); most > tolerance {
					t.Errorf("after the prompt scores are off by %.2g, allowed %.2g", most, tolerance)
				}
				ids, _ := newReader(t, n).greedy(run.PromptIDs, len(run.IDs))
				if tolerance < 0.01 && !slices.Equal(ids, run.IDs) {
					t.Errorf("greedy tokens %v, want %v", ids, run.IDs)
				}
			}
		})
	}
}

func TestGoldenEmbedding(t *testing.T) {
	var c struct {
		Texts []struct {
			IDs        []int     `json:"ids"`
			Pooled     []float64 `json:"pooled"`
			Normalised []float64 `json:"normalised"`
		} `json:"texts"`
		Tolerance struct {
			Abs float64 `json:"recommended_abs"`
		} `json:"tolerance"`
	}
	readJSON(t, filepath.Join("models", "qwen3_embedding.json"), &c)
	n := openNetwork(t, goldenPath(t, filepath.Join("models", "qwen3_embedding.gguf")), kernels.Best(), 2)
	if n.Config().Pooling != PoolingLast || len(c.Texts) == 0 {
		t.Fatalf("pooling %v, %d texts", n.Config().Pooling, len(c.Texts))
	}
	for _, text := range c.Texts {
		r := newReader(t, n)
		pooled := make([]float32, n.Config().Embd)
		last := len(text.IDs) - 1
		if err := n.Hidden(context.Background(), r.rows(text.IDs, func(i int) bool { return i == last }), pooled); err != nil {
			t.Fatal(err)
		}
		length := 0.0
		for _, v := range pooled {
			length += float64(v) * float64(v)
		}
		if most, _ := difference(pooled, text.Pooled); most > c.Tolerance.Abs*math.Sqrt(length) {
			t.Errorf("pooled values are off by %.2g", most)
		}
		for i := range pooled {
			pooled[i] /= float32(math.Sqrt(length))
		}
		if most, _ := difference(pooled, text.Normalised); most > c.Tolerance.Abs {
			t.Errorf("normalised values are off by %.2g, allowed %.2g", most, c.Tolerance.Abs)
		}
	}
}

func TestGoldenRefused(t *testing.T) {
	for name, words := range map[string]string{
		"gemma2":  `the model is of the family "gemma2"; the families that run here are llama, qwen2, qwen3`,
		"mixtral": "the model is a mixture of 4 experts, which does not run here",
	} {
		f, err := gguf.Open(goldenPath(t, filepath.Join("models", name+".gguf")))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := ReadConfig(f); !errors.Is(err, ErrUnsupported) || err.Error() != words {
			t.Errorf("%s: %v", name, err)
		}
	}
}
