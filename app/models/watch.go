package models

import "sync"

// watchers are told that something changed.
type watchers struct {
	mu   sync.Mutex
	next int
	all  map[int]func()
}

// Watch calls f whenever the library changes, until cancel is called. f is called from the goroutine that made the
// change and must not wait for the library.
func (l *Library) Watch(f func()) (cancel func()) { return l.watchers.add(f) }

func (w *watchers) add(f func()) (cancel func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all == nil {
		w.all = map[int]func(){}
	}
	id := w.next
	w.next++
	w.all[id] = f
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.all, id)
	}
}

func (w *watchers) tell() {
	w.mu.Lock()
	all := make([]func(), 0, len(w.all))
	for _, f := range w.all {
		all = append(all, f)
	}
	w.mu.Unlock()
	for _, f := range all {
		f()
	}
}
