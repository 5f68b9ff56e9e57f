package llamacpp

import (
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/hybridgroup/yzma/pkg/llama"
)

// Result is one run. Speeds are the median of several repetitions, in tokens a
// second.
type Result struct {
	Prefill512 float64 `json:"prefill512_tps"`
	Prefill32  float64 `json:"prefill32_tps"`
	Decode     float64 `json:"decode_tps"`
	LoadMS     float64 `json:"load_ms"`
	PeakBytes  int64   `json:"peak_rss_bytes"` // most memory resident at once, the mapped file included
}

// Measure loads the model at file with the libraries in libDir and times it.
// The dynamic linker must find libDir too: set LD_LIBRARY_PATH.
func Measure(libDir, file string, threads, reps int) (Result, error) {
	if err := load(libDir); err != nil {
		return Result{}, err
	}
	start := time.Now()
	m, err := open(file, threads)
	if err != nil {
		return Result{}, err
	}
	r := Result{LoadMS: time.Since(start).Seconds() * 1000}
	if _, err := m.prefill(32); err != nil { // first touch of the weights
		return Result{}, err
	}
	for _, part := range []struct {
		out *float64
		run func() (float64, error)
	}{
		{&r.Prefill512, func() (float64, error) { return m.prefill(512) }},
		{&r.Prefill32, func() (float64, error) { return m.prefill(32) }},
		{&r.Decode, func() (float64, error) { return m.decode(128) }},
	} {
		if *part.out, err = median(reps, part.run); err != nil {
			return Result{}, err
		}
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return Result{}, err
	}
	r.PeakBytes = usage.Maxrss << 10 // Linux counts KiB
	return r, nil
}

// load loads the libraries.
func load(libDir string) error {
	if err := llama.Load(libDir); err != nil {
		return err
	}
	llama.LogSet(llama.LogSilent())
	if err := llama.GGMLBackendLoadAllFromPath(libDir); err != nil {
		return err
	}
	llama.Init()
	return nil
}

func median(n int, run func() (float64, error)) (float64, error) {
	var xs []float64
	for range n {
		x, err := run()
		if err != nil {
			return 0, err
		}
		xs = append(xs, x)
	}
	slices.Sort(xs)
	return xs[len(xs)/2], nil
}

type model struct {
	ctx llama.Context
	mem llama.Memory
	ids []llama.Token

	words      llama.Vocab
	vocabulary int
}

func open(file string, threads int) (*model, error) {
	weights, err := llama.ModelLoadFromFile(file, llama.ModelDefaultParams())
	if err != nil {
		return nil, err
	}
	p := llama.ContextDefaultParams()
	p.NCtx, p.NBatch, p.NUbatch = 1024, 512, 512
	p.NThreads, p.NThreadsBatch = int32(threads), int32(threads)
	ctx, err := llama.InitFromModel(weights, p)
	if err != nil {
		return nil, err
	}
	mem, err := llama.GetMemory(ctx)
	if err != nil {
		return nil, err
	}
	words := llama.ModelGetVocab(weights)
	m := &model{ctx: ctx, mem: mem, words: words, vocabulary: int(llama.VocabNTokens(words))}
	for i := range 512 {
		m.ids = append(m.ids, llama.Token(300+3*i))
	}
	return m, nil
}

// prefill reads n tokens in one batch, n at most 512.
func (m *model) prefill(n int) (float64, error) { return m.timed(n, n) }

// decode reads n tokens one by one, n at most 512.
func (m *model) decode(n int) (float64, error) { return m.timed(n, 1) }

// timed returns tokens a second for n tokens in batches of the given size.
func (m *model) timed(n, batch int) (float64, error) {
	if err := llama.MemoryClear(m.mem, true); err != nil {
		return 0, err
	}
	start := time.Now()
	for i := 0; i < n; i += batch {
		if err := m.read(m.ids[i : i+batch]); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(start).Seconds(), nil
}

// read reads tokens behind those that were read before.
func (m *model) read(ids []llama.Token) error {
	code, err := llama.Decode(m.ctx, llama.BatchGetOne(ids))
	if err != nil {
		return err
	}
	if code != 0 {
		return fmt.Errorf("llama_decode returned %d", code)
	}
	return llama.Synchronize(m.ctx)
}
