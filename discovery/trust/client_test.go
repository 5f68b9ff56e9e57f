package trust

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

type closer struct{ closed chan<- int }

func (c *closer) Close() error { c.closed <- 1; return nil }

func TestFirst(t *testing.T) {
	bad := errors.New("nobody there")
	closed := make(chan int, 8)
	ok := func(context.Context) (*closer, error) { return &closer{closed}, nil }
	fails := func(context.Context) (*closer, error) { return nil, bad }
	hangs := func(ctx context.Context) (*closer, error) { <-ctx.Done(); return nil, ctx.Err() }
	late := func(ctx context.Context) (*closer, error) { <-ctx.Done(); return &closer{closed}, nil }
	type attempt = func(context.Context) (*closer, error)
	run := func(ctx context.Context, places ...attempt) (*closer, error) {
		return first(ctx, places, time.Millisecond, func(ctx context.Context, a attempt) (*closer, error) { return a(ctx) })
	}
	for _, places := range [][]attempt{{ok}, {fails, ok}, {hangs, fails, ok}, {hangs, hangs, ok}, {ok, fails}} {
		if c, err := run(t.Context(), places...); c == nil || err != nil {
			t.Errorf("%d places: %v", len(places), err)
		}
	}
	if c, err := run(t.Context(), fails, fails); c != nil || !errors.Is(err, bad) || strings.Count(err.Error(), "nobody") != 2 {
		t.Errorf("all fail: %v", err)
	}
	if c, err := run(t.Context(), late, late, ok); c == nil || err != nil {
		t.Errorf("one in time: %v", err)
	}
	for range 2 {
		select {
		case <-closed:
		case <-time.After(5 * time.Second):
			t.Fatal("what came too late was not closed")
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if c, err := run(ctx, hangs); c != nil || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestOneAttemptIsForAllWhoWait(t *testing.T) {
	bad := errors.New("nobody there")
	var attempts atomic.Int32
	let := make(chan bool)
	p := newPool(func(context.Context) (*http.ClientConn, error) {
		attempts.Add(1)
		<-let
		return nil, bad
	})
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			if _, err := p.reserve(t.Context()); !errors.Is(err, bad) {
				t.Errorf("error %v, want %v", err, bad)
			}
		})
	}
	eventually(t, "all to wait", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.current != nil && p.current.waiting == 40
	})
	close(let)
	all.Wait()
	if n := attempts.Load(); n != 1 {
		t.Errorf("%d attempts", n)
	}
}

func TestAnAttemptEndsWhenNobodyWaits(t *testing.T) {
	ended := make(chan error, 1)
	p := newPool(func(ctx context.Context) (*http.ClientConn, error) {
		<-ctx.Done()
		ended <- ctx.Err()
		return nil, ctx.Err()
	})
	var all sync.WaitGroup
	var leave []context.CancelFunc
	for range 2 {
		ctx, cancel := context.WithCancel(t.Context())
		leave = append(leave, cancel)
		all.Go(func() {
			if _, err := p.reserve(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("error %v", err)
			}
		})
	}
	waiting := func(n int) func() bool {
		return func() bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.current != nil && p.current.waiting == n
		}
	}
	eventually(t, "both to wait", waiting(2))
	leave[0]()
	eventually(t, "one to leave", waiting(1))
	select {
	case err := <-ended:
		t.Errorf("it ended while one waited: %v", err)
	default:
	}
	leave[1]()
	all.Wait()
	<-ended
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != nil {
		t.Error("who comes next would wait for an attempt that was given up")
	}
}

// A connection may be closing just when a request is about to use it.
func TestAClosingConnectionIsReplaced(t *testing.T) {
	me := newDevice(t)
	h := newHouse(t, hello, pin(me))
	c := h.client(t, me)
	for i := range 100 {
		if _, err := get(t, c, "/"); err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
		h.Drop(me.ID()) // it is known still, and may come back
	}
}

func TestManyRequestsAtOnce(t *testing.T) {
	me := newDevice(t)
	h := newHouse(t, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(time.Millisecond)
		hello(w, r)
	}, pin(me))
	c := h.client(t, me)
	var all sync.WaitGroup
	for i := range 300 { // more than 8 connections of 16 requests
		all.Go(func() {
			r, err := c.Post(Origin+"/", "text/plain", strings.NewReader(strings.Repeat("x", i)))
			if err != nil {
				t.Error(err)
				return
			}
			r.Body.Close()
		})
	}
	all.Wait()
}

func TestACancelledRequestFreesItsPlace(t *testing.T) {
	me := newDevice(t)
	h := newHouse(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, pin(me))
	c := h.client(t, me)
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 16 * 8 {
			all.Go(func() {
				r, _ := http.NewRequestWithContext(ctx, http.MethodGet, Origin+"/", nil)
				if r, err := c.Do(r); err == nil {
					r.Body.Close()
					t.Error("answered")
				}
			})
		}
		time.Sleep(100 * time.Millisecond)
		cancel()
		all.Wait()
	}
	if n := h.links(me.ID()); n > 8 {
		t.Errorf("%d connections", n)
	}
}

// BenchmarkDownload is to be held against BenchmarkPlain, the same through a TCP connection alone.
func BenchmarkDownload(b *testing.B) {
	me := newDevice(b)
	h := newHouse(b, func(w http.ResponseWriter, _ *http.Request) { io.CopyN(w, endless{}, size) }, pin(me))
	c := h.client(b, me)
	b.SetBytes(size)
	for b.Loop() {
		r, err := c.Get(Origin + "/")
		if err != nil {
			b.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, r.Body); err != nil || n != size {
			b.Fatal(n, err)
		}
		r.Body.Close()
	}
}

func BenchmarkPlain(b *testing.B) {
	b.SetBytes(size)
	for b.Loop() {
		from, to := socketPair(b)
		go func() { io.CopyN(from, endless{}, size); from.Close() }()
		if n, err := io.Copy(struct{ io.Writer }{io.Discard}, to); err != nil || n != size {
			b.Fatal(n, err)
		}
		to.Close()
	}
}

// BenchmarkRequest is the overhead of a request through a connection that is open.
func BenchmarkRequest(b *testing.B) {
	me := newDevice(b)
	h := newHouse(b, hello, pin(me))
	c := h.client(b, me)
	for b.Loop() {
		if _, err := get(b, c, "/"); err != nil {
			b.Fatal(err)
		}
	}
}

const size = 256 << 20
