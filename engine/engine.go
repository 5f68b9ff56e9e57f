// Package engine runs a quantized language model on this device.
//
// A reply depends on the model, the prompt, the settings and the seed: not on the number of threads,
// on what was read before, on what else runs at the same time, or on the processor's instruction set.
package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"croft/engine/arch"
	"croft/engine/gguf"
	"croft/engine/grammar"
	"croft/engine/kernels"
	"croft/engine/template"
	"croft/engine/tensor"
	"croft/engine/tokenizer"
)

// Errors that callers tell apart. A file that cannot be used gives the errors of gguf and arch.
var (
	ErrClosed  = errors.New("the model was closed")
	ErrMemory  = errors.New("the model does not fit in the memory that it may use")
	ErrPurpose = errors.New("the model was not made for this")
	ErrFormat  = errors.New("the model cannot write the wanted format")
)

// PromptTooLongError says that a prompt leaves no room for a reply.
type PromptTooLongError struct{ Tokens, Max int }

func (e *PromptTooLongError) Error() string {
	return fmt.Sprintf("the prompt has %d tokens, but a conversation may have %d here", e.Tokens, e.Max)
}

// Options say how to run a model. The zero value is right for most.
type Options struct {
	Threads    int                // 0: as many as there are physical cores
	ContextMax int                // tokens; 0: what the model was made for, at most what MemoryMax allows
	MemoryMax  int64              // bytes for weights and cache together; 0: no limit
	Kernels    string             // "reference", "avx2", "avx512", "neon"; "": the best of this processor
	Progress   func(done float64) // while weights are laid out, 0 to 1; may be nil
}

// Model is an open model file. Its methods may be called from several goroutines.
type Model struct {
	info       Info
	contextMax int
	kernels    kernels.Set
	pool       *tensor.Pool
	file       *gguf.File
	network    *arch.Network
	tokenizer  *tokenizer.Tokenizer
	template   *template.Template
	traits     template.Traits
	slots      slots
	batch      *batcher
	vocabulary func() *grammar.Vocabulary // laid out when it is first asked for
	running    sync.WaitGroup
	mu         sync.Mutex
	closed     bool
}

// contextMin is the shortest conversation worth opening a model for.
const contextMin = 512

// Open maps a model file and lays its weights out for this processor.
func Open(path string, o Options) (*Model, error) {
	file, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	m, err := open(file, o)
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return m, nil
}

func open(file *gguf.File, o Options) (*Model, error) {
	m := &Model{file: file, kernels: kernels.Best()}
	var err error
	if m.info, err = describe(file); err != nil {
		return nil, err
	}
	if m.contextMax, err = m.info.contextWithin(o); err != nil {
		return nil, err
	}
	if o.Kernels != "" {
		if m.kernels, err = kernels.Parse(o.Kernels); err != nil {
			return nil, err
		}
	}
	if m.tokenizer, err = tokenizer.New(file); err != nil {
		return nil, err
	}
	if m.template, err = chatTemplate(file); err != nil {
		return nil, err
	}
	m.traits = template.Detect(m.template)
	return m, m.load(o)
}

func (m *Model) load(o Options) (err error) {
	threads := o.Threads
	if threads <= 0 {
		threads = Cores()
	}
	m.pool = tensor.NewPool(threads)
	if m.network, err = arch.Load(m.file, m.pool, m.kernels, o.Progress); err != nil {
		m.pool.Close()
		return err
	}
	m.file.ReleaseHeader()
	m.slots.positionsMax = m.contextMax
	m.slots.create = m.network.NewCache
	m.batch = startBatcher(m.network)
	m.vocabulary = sync.OnceValue(m.spell)
	return nil
}

// spell tells the grammar what the tokens spell. Special tokens spell nothing: they are no part of a text.
func (m *Model) spell() *grammar.Vocabulary {
	var ends []int
	n := min(m.network.Vocabulary(), m.tokenizer.Vocabulary())
	for id := range n {
		if m.tokenizer.IsEnd(id) {
			ends = append(ends, id)
		}
	}
	return grammar.NewVocabulary(n, func(id int) []byte {
		if m.tokenizer.IsSpecial(id) || m.tokenizer.IsEnd(id) {
			return nil
		}
		return m.tokenizer.Piece(id)
	}, ends)
}

// contextWithin returns the longest conversation that the options and the memory allow.
func (i Info) contextWithin(o Options) (int, error) {
	n := i.ContextMax
	if o.ContextMax > 0 {
		n = min(n, o.ContextMax)
	}
	if o.MemoryMax <= 0 || i.CacheBytesPerToken == 0 {
		return n, nil
	}
	fits := (o.MemoryMax - i.Needs(0)) / i.CacheBytesPerToken
	if fits < int64(min(n, contextMin)) {
		return 0, fmt.Errorf("%w: it needs %d bytes of %d", ErrMemory, i.Needs(min(n, contextMin)), o.MemoryMax)
	}
	return int(min(int64(n), fits)), nil
}

// Close frees the memory. It waits for what is running.
func (m *Model) Close() error {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return nil
	}
	m.closed = true
	m.mu.Unlock()
	m.running.Wait()
	m.batch.stop()
	m.slots.free()
	m.network.Close()
	m.pool.Close()
	return m.file.Close()
}

// enter says that work on the model begins; it is followed by m.running.Done.
func (m *Model) enter() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return ErrClosed
	}
	m.running.Add(1)
	return nil
}

// Info tells what the model is.
func (m *Model) Info() Info { return m.info }

// ContextMax is the number of tokens one conversation may have here.
func (m *Model) ContextMax() int { return m.contextMax }

// Threads is the number of threads that the model runs on.
func (m *Model) Threads() int { return m.pool.Threads() }

// Kernels is the name of the kernels that run.
func (m *Model) Kernels() string { return m.kernels.String() }

// Tokenize turns text into ids.
func (m *Model) Tokenize(text string, addSpecial, parseSpecial bool) []int {
	return m.tokenizer.Encode(text, addSpecial, parseSpecial)
}

// Detokenize turns ids into text, specials included.
func (m *Model) Detokenize(ids []int) string { return m.tokenizer.Decode(ids, true) }

// Logits returns the scores (vocabulary) after the last of ids.
func (m *Model) Logits(ctx context.Context, ids []int) ([]float32, error) {
	if err := m.enter(); err != nil {
		return nil, err
	}
	defer m.running.Done()
	if err := m.check(ids, 0); err != nil {
		return nil, err
	}
	s := m.slots.acquire(ids)
	defer m.slots.release(s)
	return m.read(ctx, s, ids)
}

// check refuses a prompt that the model cannot read, or after which there is no room for so many tokens.
func (m *Model) check(ids []int, room int) error {
	if len(ids) == 0 {
		return errors.New("the prompt is empty")
	}
	if len(ids)+room > m.contextMax {
		return &PromptTooLongError{Tokens: len(ids), Max: m.contextMax}
	}
	return m.exist(ids)
}

// exist refuses tokens that the model does not have.
func (m *Model) exist(ids []int) error {
	for _, id := range ids {
		if id < 0 || id >= m.network.Vocabulary() {
			return fmt.Errorf("token %d does not exist: the model has tokens 0 to %d", id, m.network.Vocabulary()-1)
		}
	}
	return nil
}
