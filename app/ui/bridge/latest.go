package bridge

import "sync"

// Latest hands values to the window and joins what comes faster than the window takes it:
// for each key only the newest value waits, so that nothing queues up behind a busy window.
type Latest[K comparable, V any] struct {
	do   func(func())
	take func(V)
	join func(older, newer V) V

	mu      sync.Mutex
	order   []K
	waiting map[K]V
}

// NewLatest returns a hand-over to take, which do runs on the window's goroutine. join makes one value of two.
func NewLatest[K comparable, V any](do func(func()), take func(V), join func(older, newer V) V) *Latest[K, V] {
	return &Latest[K, V]{do: do, take: take, join: join, waiting: map[K]V{}}
}

// Put hands a value over. It never waits for the window.
func (l *Latest[K, V]) Put(key K, v V) {
	l.mu.Lock()
	idle := len(l.order) == 0
	if older, ok := l.waiting[key]; ok {
		v = l.join(older, v)
	} else {
		l.order = append(l.order, key)
	}
	l.waiting[key] = v
	l.mu.Unlock()
	if idle {
		l.do(l.flush)
	}
}

func (l *Latest[K, V]) flush() {
	l.mu.Lock()
	order, waiting := l.order, l.waiting
	l.order, l.waiting = nil, map[K]V{}
	l.mu.Unlock()
	for _, k := range order {
		l.take(waiting[k])
	}
}
