// Package engine runs a quantized language model on this device.
package engine

import (
	"context"
	"errors"
	"iter"
	"time"

	"croft/engine/sample"
	"croft/engine/template"
)

var errUnwritten = errors.New("engine: unwritten")

// Options say how to run a model. The zero value is right for most.
type Options struct {
	Threads    int                // 0: physical cores
	ContextMax int                // tokens; 0: what the model was made for, at most what MemoryMax allows
	MemoryMax  int64              // bytes for weights and cache together; 0: no limit
	Kernels    string             // "reference", "avx2", "avx512", "neon"; "": the best of this processor
	Progress   func(done float64) // while weights are laid out, 0 to 1; may be nil
}

// Info is what a model file says of itself, without its weights being read.
type Info struct {
	Name, Family, Quant string
	SizeBytes           int64
	Parameters          int64
	Vocabulary          int
	Layers              int
	ContextMax          int // tokens the model was made for
	CacheBytesPerToken  int64
	WorkBytes           int64          // besides weights and cache
	CanThink            bool           // its template has a switch for thinking
	Types               map[string]int // weight type -> tensors
	Tokenizer, Template string
	Embedding           bool // makes vectors, not text
}

// Inspect reads a model file's header. The error of a broken or unsupported file says what is wrong in one sentence.
func Inspect(path string) (Info, error) { return Info{}, errUnwritten }

// Needs returns the bytes of memory for a context of n tokens.
func (i Info) Needs(n int) int64 { return i.SizeBytes + i.WorkBytes + int64(n)*i.CacheBytesPerToken }

// Model is an open model file. Its methods may be called from several goroutines.
type Model struct{}

// Open maps a model file and lays its weights out for this processor.
func Open(path string, o Options) (*Model, error) { return nil, errUnwritten }

// Close frees the memory. It waits for what is running.
func (m *Model) Close() error { return nil }

// Info tells what the model is.
func (m *Model) Info() Info { return Info{} }

// ContextMax is the number of tokens one conversation may have here.
func (m *Model) ContextMax() int { return 0 }

// Request asks for a reply. Either Conversation, Text or Tokens is set.
type Request struct {
	Conversation *template.Conversation // rendered by the model's own template
	Text         string                 // read as it is, special tokens included
	Tokens       []int
	Sampling     sample.Settings
	ReplyMax     int      // tokens; 0: until the model ends or the context is full
	Stop         []string // the reply ends before any of these
	IgnoreEnd    bool     // end-of-text is a token like any other
}

// Reason says why a reply ended.
type Reason string

// A reply ends because the model ended it or a stop string came (stop), ReplyMax was reached (length), or the context is full (context).
const (
	Stop    Reason = "stop"
	Length  Reason = "length"
	Context Reason = "context"
)

// Piece is the next bit of a reply. Text is whole UTF-8 and may be empty while a character is incomplete.
type Piece struct {
	Token  int
	Text   string
	Result *Result // the last piece only
}

// Result is the account of a finished reply.
type Result struct {
	Reason          Reason
	PromptTokens    int
	ReusedTokens    int // of the prompt, those whose keys and values were still there
	ReplyTokens     int
	ContextUsed     int
	FirstToken      time.Duration
	Total           time.Duration
	TokensPerSecond float64 // while writing
}

// Generate streams a reply. Leaving the loop, or ending ctx, stops the work at once.
func (m *Model) Generate(ctx context.Context, r Request) iter.Seq2[Piece, error] {
	return func(yield func(Piece, error) bool) { yield(Piece{}, errUnwritten) }
}

// Tokenize turns text into ids.
func (m *Model) Tokenize(text string, addSpecial, parseSpecial bool) []int { return nil }

// Detokenize turns ids into text, specials included.
func (m *Model) Detokenize(ids []int) string { return "" }

// Logits returns the scores (vocabulary) after the last of ids.
func (m *Model) Logits(ctx context.Context, ids []int) ([]float32, error) { return nil, errUnwritten }

// Embed returns a vector for each text, pooled and normalised as the model says.
func (m *Model) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	return nil, errUnwritten
}
