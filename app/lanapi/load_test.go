package lanapi

import (
	"context"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"croft/app/lanapi/wire"
	"croft/engine"
	"croft/engine/sample"
)

// endless is a reply of exactly n tokens.
func endless(n int) wire.ReplyRequest {
	return wire.NewReplyRequest(tiny, engine.Request{
		Text: "the dog", IgnoreEnd: true, ReplyMax: n, Sampling: sample.Settings{Temperature: 1, Seed: 1},
	})
}

// One who asks and does not read gets in nobody's way: neither beside the others, nor, once the reply is in its buffer, by
// holding a place.
func TestASlowReaderHoldsUpNobody(t *testing.T) {
	l := newLibrary(t)
	s, api := serve(t, Options{Models: l, AtOnce: 2})
	startReply(t.Context(), t, s, endless(900)) // and is not read
	for range 2 {
		if tokens, _, _ := startReply(t.Context(), t, s, endless(50)).pieces(); len(tokens) != 50 {
			t.Fatalf("%d tokens", len(tokens))
		}
	}
	waitUntil(t, "the reply that nobody reads has left its place", func() bool {
		running, _ := api.queue.load()
		return running == 0 && l.inUse() == 0
	})
}

// A reader that is slower than its buffer is large waits for itself only.
func TestAFullBufferHoldsUpItsOwnReplyOnly(t *testing.T) {
	l := newLibrary(t)
	long := make([]string, bufferPieces+9000)
	for i := range long {
		long[i] = strings.Repeat("word ", 200) // more in all than the client takes unread
	}
	l.script(&script{pieces: long})
	s, api := serve(t, Options{Models: l, AtOnce: 2})
	slow := startReply(t.Context(), t, s, wire.ReplyRequest{Model: scripted, Text: "x"})
	waitUntil(t, "the sockets are full", func() bool {
		before := runtime.NumGoroutine()
		time.Sleep(50 * time.Millisecond)
		running, _ := api.queue.load()
		return running == 1 && runtime.NumGoroutine() == before
	})
	if tokens, _, _ := startReply(t.Context(), t, s, endless(50)).pieces(); len(tokens) != 50 {
		t.Fatalf("%d tokens beside a slow reader", len(tokens))
	}
	waitUntil(t, "only the slow reply is on its way", func() bool { running, _ := api.queue.load(); return running == 1 })
	if tokens, _, _ := slow.pieces(); len(tokens) != len(long) {
		t.Errorf("the slow reader got %d tokens of %d", len(tokens), len(long))
	}
}

// Who leaves, whenever it is, leaves nothing behind.
func TestACancelledRequestLeavesNothing(t *testing.T) {
	l := newLibrary(t)
	l.script(&script{pieces: []string{"a", "b"}, wait: make(chan struct{})})
	s, api := serve(t, Options{Models: l, AtOnce: 1})
	get(t, s, "/v1/models") // the connection stays
	before := runtime.NumGoroutine()
	chat := `{"stream": true, "messages": [{"role": "user", "content": "a"}], "model": "` + tiny + `", "ignored": 1}`
	for range 5 {
		ctx, cancel := context.WithCancel(t.Context())
		writing := startReply(ctx, t, s, endless(1000))
		writing.next()
		waiting := startReply(ctx, t, s, wire.ReplyRequest{Model: scripted, Text: "x"})
		wantPlace(t, waiting, 1)
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/v1/chat/completions", strings.NewReader(chat))
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error)
		go func() {
			answer, err := s.Client().Do(r)
			if err == nil {
				answer.Body.Close()
			}
			ended <- err
		}()
		waitUntil(t, "two wait", func() bool { _, n := api.queue.load(); return n == 2 })
		cancel()
		if err := <-ended; err == nil {
			t.Error("a request that waited was answered after all")
		}
		waitUntil(t, "all have left", func() bool {
			running, waiting := api.queue.load()
			return running == 0 && waiting == 0 && l.inUse() == 0
		})
	}
	waitUntil(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= before })
}

// Leaving the loop ends the work, and what it held is free by then.
func TestLeavingAReplyEndsIt(t *testing.T) {
	l := newLibrary(t)
	a := New(Options{Models: l})
	ended := make(chan struct{})
	l.script(&script{pieces: []string{"a", "b"}, wait: make(chan struct{}), asked: func(engine.Request) { close(ended) }})
	build := func(Running) (engine.Request, error) { return engine.Request{Text: "x"}, nil }
	for range a.write(t.Context(), want{scripted, build}) {
		<-ended
		break
	}
	if running, _ := a.queue.load(); running != 0 || l.inUse() != 0 {
		t.Errorf("%d run and %d models are held after the loop was left", running, l.inUse())
	}
}
