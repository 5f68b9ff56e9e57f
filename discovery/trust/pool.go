package trust

import (
	"context"
	"net/http"
	"slices"
	"sync"
)

// pool holds the connections to one device. All requests share one until it is full; only one is made at a time, and who
// needs it waits for it together.
type pool struct {
	connect func(context.Context) (*http.ClientConn, error)
	changed bell // rings when a request has ended, a connection has closed, or an attempt is over

	mu      sync.Mutex
	conns   []*http.ClientConn
	current *attempt // to connect; nil when there is none
}

// attempt is guarded by pool.mu.
type attempt struct {
	waiting int // requests
	cancel  context.CancelFunc
	done    bool
	err     error
}

func newPool(connect func(context.Context) (*http.ClientConn, error)) *pool {
	return &pool{connect: connect, changed: bell{next: make(chan struct{})}}
}

// reserve returns a connection with a place for one request, which is the caller's to use.
func (p *pool) reserve(ctx context.Context) (*http.ClientConn, error) {
	var joined *attempt
	for {
		rings := p.changed.wait()
		conn, err := p.look(ctx, &joined)
		if conn != nil || err != nil {
			return conn, err
		}
		select {
		case <-rings:
		case <-ctx.Done():
			p.leave(joined)
			return nil, ctx.Err()
		}
	}
}

// look returns a connection with a place, or what the attempt that the caller had joined failed with, or neither: then the
// caller has joined one, or all connections are full.
func (p *pool) look(ctx context.Context, joined **attempt) (*http.ClientConn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := *joined
	if a != nil && a.done && a.err != nil {
		return nil, a.err
	}
	if conn := p.freeLocked(); conn != nil {
		p.leaveLocked(a)
		return conn, nil
	}
	if a != nil && !a.done {
		return nil, nil
	}
	if p.current == nil && len(p.conns) < usual.connections {
		p.startLocked(ctx)
	}
	if *joined = p.current; p.current != nil {
		p.current.waiting++
	}
	return nil, nil
}

func (p *pool) freeLocked() *http.ClientConn {
	p.conns = slices.DeleteFunc(p.conns, func(c *http.ClientConn) bool { return c.Err() != nil })
	for _, c := range p.conns {
		// A new connection allows more than the device will, until its settings have come.
		if c.InFlight() < usual.streams && c.Reserve() == nil {
			return c
		}
	}
	return nil
}

// startLocked begins an attempt, which ends when it is done or nobody waits for it any more.
func (p *pool) startLocked(ctx context.Context) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a := &attempt{cancel: cancel}
	p.current = a
	go func() {
		defer cancel()
		conn, err := p.connect(ctx)
		p.finish(a, conn, err)
	}()
}

func (p *pool) finish(a *attempt, conn *http.ClientConn, err error) {
	p.mu.Lock()
	a.done, a.err = true, err
	if err == nil {
		p.conns = append(p.conns, conn)
	}
	if p.current == a {
		p.current = nil
	}
	p.mu.Unlock()
	if err == nil {
		conn.SetStateHook(func(*http.ClientConn) { p.changed.ring() })
	}
	p.changed.ring()
}

func (p *pool) leave(a *attempt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leaveLocked(a)
}

func (p *pool) leaveLocked(a *attempt) {
	if a == nil || a.done {
		return
	}
	if a.waiting--; a.waiting == 0 {
		a.cancel()
		if p.current == a {
			p.current = nil
		}
	}
}

// closeIdle closes the connections on which no request is.
func (p *pool) closeIdle() {
	p.mu.Lock()
	var idle []*http.ClientConn
	p.conns = slices.DeleteFunc(p.conns, func(c *http.ClientConn) bool {
		if c.InFlight() > 0 {
			return false
		}
		idle = append(idle, c)
		return true
	})
	p.mu.Unlock()
	for _, c := range idle {
		c.Close()
	}
}

// bell wakes all who wait. It has its own lock, since a connection may ring it from within any call of its methods.
type bell struct {
	mu   sync.Mutex
	next chan struct{}
}

func (b *bell) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.next
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.next)
	b.next = make(chan struct{})
}
