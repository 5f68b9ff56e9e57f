package models

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"croft/engine"
	"croft/engine/gguf"
)

// Trial says what to measure.
type Trial struct {
	Threads int    // 0: physical cores
	Kernels string // "": the best of this processor
	Prompt  int    // tokens of prefill
	Reply   int    // tokens of decode
	Reps    int    // runs of each
}

// Spread is the middle and the ends of several runs.
type Spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// Speed is what was measured. Rates are tokens a second.
type Speed struct {
	Prefill        Spread  `json:"prefill_tps"`
	Decode         Spread  `json:"decode_tps"`
	LoadMS         float64 `json:"load_ms"`
	TTFTMS         float64 `json:"ttft_ms"` // from sending the prompt to the first token
	PeakRSSBytes   int64   `json:"peak_rss_bytes"`
	BytesPerToken  int64   `json:"bytes_per_token"` // weights and cache that decode reads for a token, on average
	BandwidthGBps  float64 `json:"bandwidth_gbps"`  // 10^9 bytes a second that reading alone gets with the same threads
	BandwidthShare float64 `json:"bandwidth_share"` // of it that decode uses; above 1 when a cache keeps weights
	Threads        int     `json:"threads"`
	Kernels        string  `json:"kernels"`
}

const (
	firstID = 300 // ids below are often specials
	spare   = 8   // tokens of context beyond what is measured
)

// Bench measures a model file: each run starts from an empty context; prefill reads Prompt tokens at once, decode
// writes Reply tokens one after another. step is called after each run; it may be nil.
func Bench(ctx context.Context, path string, t Trial, step func(done, total int)) (Speed, error) {
	if t.Prompt < 1 || t.Reply < 1 || t.Reps < 1 {
		return Speed{}, errors.New("bench: the numbers of tokens and runs must be positive")
	}
	if step == nil {
		step = func(_, _ int) {}
	}
	begin := time.Now()
	p, err := OpenProbe(path, max(t.Prompt, t.Reply)+spare, t.Threads, t.Kernels)
	if err != nil {
		return Speed{}, err
	}
	defer p.Close()
	s := Speed{LoadMS: ms(time.Since(begin)), Threads: p.model.Threads(), Kernels: p.model.Kernels()}
	memory, err := startBandwidth(s.Threads, s.Kernels)
	if err != nil {
		return Speed{}, err
	}
	defer memory.reading.Close()
	b := bench{model: p.model, memory: memory, trial: t, step: step}
	if err := b.run(ctx, &s); err != nil {
		return Speed{}, err
	}
	s.PeakRSSBytes = memory.peakBytes()
	if s.BytesPerToken, err = bytesPerToken(path, p.model.Info(), t.Reply); err != nil {
		return Speed{}, err
	}
	rate := spread(memory.rates).Median
	s.BandwidthGBps, s.BandwidthShare = rate/1e9, s.Decode.Median*float64(s.BytesPerToken)/rate
	return s, nil
}

// bench is one measurement.
type bench struct {
	model  *engine.Model
	memory *bandwidth
	trial  Trial
	step   func(done, total int)
	runs   int
}

func (b *bench) run(ctx context.Context, s *Speed) error {
	if c := b.model.ContextMax(); c < max(b.trial.Prompt, b.trial.Reply)+spare {
		return refuse(ErrContext, "Context is too short",
			fmt.Sprintf("This model was made for %s tokens at once.", Count(c)), "Measure fewer, with -p and -n.")
	}
	if _, err := b.timed(ctx, min(b.trial.Prompt, 32), 1); err != nil { // warms up
		return err
	}
	var prefill, decode, first []float64
	for i := range b.trial.Reps {
		t, err := b.timed(ctx, b.trial.Prompt, 1)
		if err != nil {
			return err
		}
		prefill, first = append(prefill, float64(b.trial.Prompt)/t.Seconds()), append(first, ms(t))
		b.step(2*i+1, 2*b.trial.Reps)
		b.memory.measure() // Right before and after decode, so that what else the machine does slows both alike.
		if t, err = b.timed(ctx, 1, b.trial.Reply); err != nil {
			return err
		}
		b.memory.measure()
		decode = append(decode, float64(b.trial.Reply)/t.Seconds())
		b.step(2*i+2, 2*b.trial.Reps)
	}
	s.Prefill, s.Decode, s.TTFTMS = spread(prefill), spread(decode), spread(first).Median
	return nil
}

// timed reads a prompt that begins like none before it, so that nothing is reused, and writes n tokens. A prompt of
// one token and a reply of n are n passes over the weights, the first of them from an empty context.
func (b *bench) timed(ctx context.Context, prompt, n int) (time.Duration, error) {
	b.runs++
	vocabulary := b.model.Info().Vocabulary
	ids := make([]int, prompt)
	for i := range ids {
		ids[i] = (firstID + b.runs + i*7) % vocabulary
	}
	begin := time.Now()
	var result *engine.Result
	for piece, err := range b.model.Generate(ctx, engine.Request{Tokens: ids, ReplyMax: n, IgnoreEnd: true}) {
		if err != nil {
			return 0, err
		}
		result = piece.Result
	}
	took := time.Since(begin)
	switch {
	case result == nil || result.ReplyTokens != n:
		return 0, errors.New("bench: the reply ended early")
	case result.ReusedTokens > 0:
		return 0, fmt.Errorf("bench: %d tokens of the prompt were reused", result.ReusedTokens)
	}
	return took, nil
}

func spread(xs []float64) Spread {
	slices.Sort(xs)
	return Spread{Median: xs[len(xs)/2], Min: xs[0], Max: xs[len(xs)-1]}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// bytesPerToken is what decode reads on average while a reply of n tokens grows: every weight but the rows of the
// token embedding that are not looked up, and half the final cache. An embedding that is also the head is read whole.
func bytesPerToken(path string, info Info, n int) (int64, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var total int64
	for _, t := range f.Tensors() {
		total += int64(len(t.Data))
	}
	_, ownHead := f.Tensor("output.weight")
	if embedding, ok := f.Tensor("token_embd.weight"); ok && ownHead {
		total -= int64(len(embedding.Data) - len(embedding.Data)/embedding.Rows())
	}
	return total + info.CacheBytesPerToken*int64(n)/2, nil
}
