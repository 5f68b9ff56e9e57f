package chat

import (
	"context"
	"encoding/json"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"croft/app/settings"
	"croft/engine"
	"croft/storage"
)

// scripted is a model that says what it is told to, piece by piece.
type scripted struct {
	mu       sync.Mutex
	requests []engine.Request
	facts    Facts
	useErr   error
	pieces   []string
	pause    time.Duration // before each piece
	gate     chan struct{} // when set, a piece waits for it
	err      error         // after the pieces
	result   engine.Result
	held     int // how often it is in use
	wants    []Want
	where    Where      // zero: here
	waits    []Progress // told before the first piece
	progress func(Progress)
}

func (f *scripted) Facts(context.Context, Want) (Facts, error) { return f.facts, f.useErr }

func (f *scripted) Use(ctx context.Context, want Want, progress func(Progress)) (Model, func(), error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.useErr != nil {
		return nil, nil, f.useErr
	}
	f.held++
	f.wants, f.progress = append(f.wants, want), progress
	return scriptedModel{f}, func() { f.mu.Lock(); f.held--; f.mu.Unlock() }, ctx.Err()
}

type scriptedModel struct{ *scripted }

func (m scriptedModel) Facts() Facts { return m.facts }

func (m scriptedModel) Where() Where {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.where.ID == "" {
		return Where{Device: "This laptop", ID: Here}
	}
	return m.where
}

func (m scriptedModel) Generate(ctx context.Context, r engine.Request) iter.Seq2[engine.Piece, error] {
	m.mu.Lock()
	m.requests = append(m.requests, r)
	m.mu.Unlock()
	return func(yield func(engine.Piece, error) bool) {
		for _, p := range m.waits {
			m.progress(p)
		}
		for i, text := range m.pieces {
			if err := m.wait(ctx); err != nil {
				yield(engine.Piece{}, err)
				return
			}
			if !yield(engine.Piece{Token: i, Text: text}, nil) {
				return
			}
		}
		if m.err != nil {
			yield(engine.Piece{}, m.err)
			return
		}
		result := m.result
		yield(engine.Piece{Result: &result}, nil)
	}
}

func (m scriptedModel) wait(ctx context.Context) error {
	timer := time.NewTimer(m.pause)
	defer timer.Stop()
	if m.gate != nil {
		select {
		case <-m.gate:
		case <-ctx.Done():
		}
	}
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return ctx.Err()
}

// asked returns the messages of the last request.
func (f *scripted) asked(t *testing.T) []turnJSON {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	var messages []turnJSON
	err := json.Unmarshal(f.requests[len(f.requests)-1].Conversation.Messages, &messages)
	if err != nil {
		t.Fatal(err)
	}
	return messages
}

// saying is a model that says pieces and ends well.
func saying(pieces ...string) *scripted {
	return &scripted{
		facts:  Facts{ID: strings.Repeat("ab", 32), Name: "Scripted", ContextMax: 4096, Template: loop},
		pieces: pieces,
		result: engine.Result{Reason: engine.Stop, PromptTokens: 12, ReusedTokens: 5, ReplyTokens: len(pieces), ContextUsed: 12 + len(pieces), TokensPerSecond: 42},
	}
}

type bench struct {
	*Service
	store *storage.Store
	model *scripted
	dir   string
}

func open(t testing.TB, dir string, model *scripted) *bench {
	t.Helper()
	store, err := storage.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	set, err := settings.New(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{New(store, model, set, "This laptop"), store, model, dir}
	t.Cleanup(b.close)
	return b
}

func (b *bench) close() {
	b.Service.Close()
	b.store.Close()
}

func (b *bench) create(t testing.TB) ID {
	t.Helper()
	id, err := b.Create(t.Context(), Settings{})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (b *bench) send(t testing.TB, id ID, text string) {
	t.Helper()
	if err := b.Send(t.Context(), id, text); err != nil {
		t.Fatalf("send %q: %v", text, err)
	}
}

func (b *bench) load(t testing.TB, id ID) Transcript {
	t.Helper()
	tr, err := b.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// settled waits until no reply is being written and returns the transcript.
func (b *bench) settled(t testing.TB, id ID) Transcript {
	t.Helper()
	b.until(t, "the reply ends", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.running[id] == nil
	})
	return b.load(t, id)
}

func (b *bench) until(t testing.TB, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited 10 s and still not: %s", what)
		}
	}
}

func last(t Transcript) Message { return t.Messages[len(t.Messages)-1] }
