// Package bridge is the only way between the window's goroutine and all others.
package bridge

import (
	"context"
	"sync"
	"time"

	"fyne.io/fyne/v2"
)

// Bridge runs work beside the window and brings its outcome back. Close ends the work and waits for it.
type Bridge struct {
	ctx    context.Context
	cancel context.CancelFunc
	inline bool
	mu     sync.Mutex
	closed bool
	work   sync.WaitGroup
}

// New returns a bridge whose work ends with ctx.
func New(ctx context.Context) *Bridge {
	b := &Bridge{}
	b.ctx, b.cancel = context.WithCancel(ctx)
	return b
}

// NewInline returns a bridge that does everything at once on the goroutine of its caller.
func NewInline(ctx context.Context) *Bridge {
	b := New(ctx)
	b.inline = true
	return b
}

// Context ends when the bridge is closed.
func (b *Bridge) Context() context.Context { return b.ctx }

// Do runs f on the window's goroutine, soon.
func (b *Bridge) Do(f func()) {
	if b.inline {
		f()
		return
	}
	if b.ctx.Err() == nil {
		fyne.Do(f)
	}
}

// Work runs job beside the window; what it returns is then run on the window's goroutine.
func (b *Bridge) Work(job func(ctx context.Context) (after func())) {
	if b.inline {
		run(job(b.ctx))
		return
	}
	if !b.begin() {
		return
	}
	go func() {
		defer b.work.Done()
		if after := job(b.ctx); after != nil {
			b.Do(after)
		}
	}()
}

func run(f func()) {
	if f != nil {
		f()
	}
}

// begin counts a goroutine, unless the bridge is closed.
func (b *Bridge) begin() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.work.Add(1)
	}
	return !b.closed
}

// After runs f on the window's goroutine once d has passed.
func (b *Bridge) After(d time.Duration, f func()) {
	if b.inline || !b.begin() {
		return
	}
	go func() {
		defer b.work.Done()
		select {
		case <-time.After(d):
			b.Do(f)
		case <-b.ctx.Done():
		}
	}()
}

// Close ends the work and waits until it has ended.
func (b *Bridge) Close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.cancel()
	b.work.Wait()
}
