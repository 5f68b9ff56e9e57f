package engine

import (
	"context"
	"errors"
	"iter"
	"time"

	"croft/engine/arch"
	"croft/engine/sample"
	"croft/engine/template"
	"croft/engine/tokenizer"
)

// Request asks for a reply. One of Conversation, Text and Tokens is set.
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

// A reply ends because the model ended it or a stop string came (Stop), ReplyMax was reached (Length),
// or the context is full (Context).
const (
	Stop    Reason = "stop"
	Length  Reason = "length"
	Context Reason = "context"
)

// Piece is the next bit of a reply. Text is whole UTF-8 and may be empty while a character is incomplete.
type Piece struct {
	Token  int
	Text   string
	Result *Result // of the last piece, which has no token of its own; nil before
}

// Result is the account of a finished reply.
type Result struct {
	Reason          Reason
	PromptTokens    int
	ReusedTokens    int // of the prompt, those whose keys and values were still there
	ReplyTokens     int
	ContextUsed     int
	FirstToken      time.Duration // from the request to the first token
	Total           time.Duration
	TokensPerSecond float64 // while writing
}

// Generate streams a reply. Leaving the loop, or ending ctx, stops the work at once.
func (m *Model) Generate(ctx context.Context, r Request) iter.Seq2[Piece, error] {
	return func(yield func(Piece, error) bool) {
		if err := m.generate(ctx, r, yield); err != nil {
			yield(Piece{}, err)
		}
	}
}

// errLeft says that the caller left the loop, so that nothing may be yielded any more.
var errLeft = errors.New("left")

func (m *Model) generate(ctx context.Context, r Request, yield func(Piece, error) bool) error {
	if err := m.enter(); err != nil {
		return err
	}
	defer m.running.Done()
	w := &writer{model: m, request: r, yield: yield, begun: time.Now(), text: tokenizer.NewStream(m.tokenizer)}
	w.stops.strings = r.Stop
	err := w.write(ctx)
	if errors.Is(err, errLeft) {
		return nil
	}
	return err
}

// writer is one reply on its way.
type writer struct {
	model   *Model
	request Request
	yield   func(Piece, error) bool
	text    *tokenizer.Stream
	stops   stops
	result  Result
	begun   time.Time
	first   time.Time // when the first token was there
}

func (w *writer) write(ctx context.Context) error {
	m := w.model
	prompt, err := m.prompt(w.request)
	if err != nil {
		return err
	}
	if err := m.check(prompt); err != nil {
		return err
	}
	s := m.slots.acquire(prompt)
	defer m.slots.release(s)
	w.result.PromptTokens, w.result.ReusedTokens = len(prompt), s.reused
	logits, err := m.read(ctx, s, prompt)
	if err != nil {
		return err
	}
	w.first = time.Now()
	sampler := sample.New(w.request.Sampling, prompt)
	for {
		id := sampler.Next(logits)
		if m.tokenizer.IsEnd(id) && !w.request.IgnoreEnd {
			return w.end(Stop)
		}
		ended, err := w.piece(id)
		if err != nil {
			return err
		}
		if ended {
			return w.end(Stop)
		}
		if w.result.ReplyTokens == w.request.ReplyMax {
			return w.end(Length)
		}
		if len(s.tokens)+1 >= m.contextMax {
			return w.end(Context)
		}
		if err := m.step(ctx, s, id, logits); err != nil {
			return err
		}
	}
}

// piece yields a token. It reports whether a stop string ended the reply.
func (w *writer) piece(id int) (ended bool, err error) {
	w.result.ReplyTokens++
	text, ended := w.stops.next(w.text.Next(id))
	if !w.yield(Piece{Token: id, Text: text}, nil) {
		return ended, errLeft
	}
	return ended, nil
}

// end yields what was held back and the account.
func (w *writer) end(why Reason) error {
	r := &w.result
	r.Reason, r.ContextUsed = why, r.PromptTokens+r.ReplyTokens
	now := time.Now()
	r.FirstToken, r.Total = w.first.Sub(w.begun), now.Sub(w.begun)
	if r.ReplyTokens > 1 {
		r.TokensPerSecond = float64(r.ReplyTokens-1) / now.Sub(w.first).Seconds()
	}
	w.yield(Piece{Token: -1, Text: w.stops.rest(w.text.Rest()), Result: r}, nil)
	return nil
}

// read reads what of ids is new to the slot, in passes of rowsMax, and returns the logits after the last.
func (m *Model) read(ctx context.Context, s *slot, ids []int) ([]float32, error) {
	logits := make([]float32, m.network.Vocabulary())
	for at := len(s.tokens); at < len(ids); at = len(s.tokens) {
		end := min(at+rowsMax, len(ids))
		rows := make([]arch.Row, end-at)
		for i := range rows {
			rows[i] = arch.Row{Token: ids[at+i], Cache: s.cache, Pos: at + i, Logits: at+i == len(ids)-1}
		}
		w := &work{ctx: ctx, rows: rows}
		if end == len(ids) {
			w.logits = logits
		}
		if err := m.batch.submit(w); err != nil {
			return nil, err
		}
		s.tokens = append(s.tokens, ids[at:end]...)
	}
	return logits, nil
}

// step reads one token more.
func (m *Model) step(ctx context.Context, s *slot, id int, logits []float32) error {
	row := arch.Row{Token: id, Cache: s.cache, Pos: len(s.tokens), Logits: true}
	if err := m.batch.submit(&work{ctx: ctx, rows: []arch.Row{row}, logits: logits}); err != nil {
		return err
	}
	s.tokens = append(s.tokens, id)
	return nil
}
