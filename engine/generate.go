package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"croft/engine/arch"
	"croft/engine/grammar"
	"croft/engine/sample"
	"croft/engine/template"
	"croft/engine/tokenizer"
)

// Request asks for a reply. One of Conversation, Text and Tokens is set.
type Request struct {
	Conversation *template.Conversation // rendered by the model's own template
	Text         string                 // read as it is, special tokens included
	Tokens       []int
	Begin        string // the reply begins with this text, which is not yielded; for a reply whose tokens are not known
	Written      []int  // of the reply, after Begin, tokens that were written before, here or elsewhere with the same file: it goes on after them
	Sampling     sample.Settings
	ReplyMax     int      // tokens, Begin and Written included; 0: until the model ends or the context is full
	Stop         []string // the reply ends before any of these
	IgnoreEnd    bool     // end-of-text is a token like any other
	// Format holds the reply to a value of it, from the first token on, so the template must not let the model think before.
	// ReplyMax, Stop and a full context still cut it off. nil: any text.
	Format *grammar.Format
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
	ReplyTokens     int // Request.Begin and Written included
	ContextUsed     int
	FirstToken      time.Duration // from the request to the first token that is new
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
	format  *grammar.Matcher // nil: any text
	result  Result
	begun   time.Time
	first   time.Time // when the first token was there
}

func (w *writer) write(ctx context.Context) error {
	m := w.model
	ids, err := w.begin()
	if err != nil {
		return err
	}
	if why := w.ending(); why != "" {
		w.first = time.Now()
		return w.end(why)
	}
	s := m.slots.acquire(ids)
	defer m.slots.release(s)
	w.result.ReusedTokens = min(s.reused, w.result.PromptTokens)
	logits, err := m.read(ctx, s, ids)
	if err != nil {
		return err
	}
	w.first = time.Now()
	sampler := sample.New(w.request.Sampling, ids)
	for {
		id, err := w.next(sampler, logits)
		if err != nil {
			return err
		}
		if m.tokenizer.IsEnd(id) && (!w.request.IgnoreEnd || w.format != nil) {
			return w.end(Stop)
		}
		text, err := w.count(id)
		if err != nil {
			return err
		}
		if !w.yield(Piece{Token: id, Text: text}, nil) {
			return errLeft
		}
		if why := w.ending(); why != "" {
			return w.end(why)
		}
		if err := m.step(ctx, s, id, logits); err != nil {
			return err
		}
	}
}

// begin returns what is to be read: the prompt and what was written before.
func (w *writer) begin() ([]int, error) {
	prompt, err := w.model.prompt(w.request)
	if err != nil {
		return nil, err
	}
	if err := w.model.check(prompt, 1); err != nil {
		return nil, err
	}
	if err := w.model.exist(w.request.Written); err != nil {
		return nil, err
	}
	w.result.PromptTokens = len(prompt)
	if w.request.Format != nil {
		w.format = w.model.vocabulary().Start(w.request.Format)
	}
	text := w.model.tokenizer.Encode(w.request.Begin, false, true)
	if err := w.recount(text); err != nil {
		return nil, err
	}
	w.stops.held = "" // all of the text was shown
	if err := w.recount(w.request.Written); err != nil {
		return nil, err
	}
	w.request.Written = slices.Concat(text, w.request.Written)
	return slices.Concat(prompt, w.request.Written), nil
}

// recount counts what is there. It was shown, but for what is held back.
func (w *writer) recount(ids []int) error {
	for _, id := range ids {
		if _, err := w.count(id); err != nil {
			return err
		}
	}
	return nil
}

// next chooses a token.
func (w *writer) next(s *sample.Sampler, logits []float32) (int, error) {
	if w.format == nil {
		return s.Next(logits), nil
	}
	allowed := w.format.Allowed()
	if !slices.ContainsFunc(allowed, func(word uint64) bool { return word != 0 }) {
		return 0, fmt.Errorf("%w: none of its tokens can follow", ErrFormat)
	}
	return s.NextOf(logits, allowed), nil
}

// count takes a token into the reply and returns what can be shown.
func (w *writer) count(id int) (string, error) {
	if w.format != nil && !w.format.Advance(id) {
		return "", fmt.Errorf("%w: token %d cannot come after %d tokens", ErrFormat, id, w.result.ReplyTokens)
	}
	w.result.ReplyTokens++
	text, _ := w.stops.next(w.text.Next(id))
	return text, nil
}

// ending says why nothing may follow, "" when something may.
func (w *writer) ending() Reason {
	r, most := w.result, w.request.ReplyMax
	switch {
	case w.stops.ended, w.format != nil && w.format.Finished():
		return Stop
	case most > 0 && r.ReplyTokens >= most:
		return Length
	case r.PromptTokens+r.ReplyTokens >= w.model.contextMax:
		return Context
	}
	return ""
}

// end yields what was held back and the account.
func (w *writer) end(why Reason) error {
	r := &w.result
	r.Reason, r.ContextUsed = why, r.PromptTokens+r.ReplyTokens
	now := time.Now()
	r.FirstToken, r.Total = w.first.Sub(w.begun), now.Sub(w.begun)
	if n := r.ReplyTokens - len(w.request.Written); n > 1 {
		r.TokensPerSecond = float64(n-1) / now.Sub(w.first).Seconds()
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
