package lanapi

import (
	"context"
	"net/http"
	"slices"
	"sync"
)

// queue lets a few work at once. The others wait in the order in which they came.
type queue struct {
	atOnce int

	mu      sync.Mutex
	running int
	waiting []*waiter
}

type waiter struct {
	who   string
	place func(int) // is told where it stands, and must not block
	turn  chan struct{}
}

const (
	waitingMax      = 64
	waitingMaxOfOne = 16 // caller
)

func newQueue(atOnce int) *queue { return &queue{atOnce: atOnce} }

// enter returns when it is the caller's turn, until leave is called. place is called with 1 for the next in turn, and again
// whenever that changes; it is not called when there is nothing to wait for.
func (q *queue) enter(ctx context.Context, who string, place func(int)) (leave func(), err error) {
	w, err := q.join(who, place)
	if err != nil {
		return nil, err
	}
	leave = sync.OnceFunc(q.leave)
	if w == nil {
		return leave, nil
	}
	select {
	case <-w.turn:
		return leave, nil
	case <-ctx.Done():
		if !q.abandon(w) {
			leave()
		}
		return nil, ctx.Err()
	}
}

// join returns nil when the work can begin.
func (q *queue) join(who string, place func(int)) (*waiter, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.running < q.atOnce {
		q.running++
		return nil, nil
	}
	own := 0
	for _, w := range q.waiting {
		if w.who == who {
			own++
		}
	}
	if len(q.waiting) >= waitingMax || own >= waitingMaxOfOne {
		return nil, &fault{status: http.StatusServiceUnavailable, code: busy, message: "Too many requests wait here already. Try again later."}
	}
	w := &waiter{who: who, place: place, turn: make(chan struct{})}
	q.waiting = append(q.waiting, w)
	place(len(q.waiting))
	return w, nil
}

// leave gives the place to the next.
func (q *queue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.running--
		return
	}
	close(q.waiting[0].turn)
	q.waiting = slices.Delete(q.waiting, 0, 1)
	q.tellLocked(0)
}

// abandon takes a waiter out. It reports false when its turn has come meanwhile.
func (q *queue) abandon(w *waiter) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	at := slices.Index(q.waiting, w)
	if at < 0 {
		return false
	}
	q.waiting = slices.Delete(q.waiting, at, at+1)
	q.tellLocked(at)
	return true
}

// tellLocked tells those from on that they have moved up.
func (q *queue) tellLocked(from int) {
	for i, w := range q.waiting[from:] {
		w.place(from + i + 1)
	}
}

// load is how many work and wait.
func (q *queue) load() (running, waiting int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.running, len(q.waiting)
}
