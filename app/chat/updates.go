package chat

import (
	"slices"
	"sync"
	"time"
)

// joinTime is for how long the pieces of a reply are joined: two frames of a screen.
const joinTime = 33 * time.Millisecond

// updates tells watchers what changed, from one goroutine. What waits to be told is joined by chat,
// so that it never grows beyond two updates a chat, however slow a watcher is.
type updates struct {
	wake    chan struct{} // holds one
	closing chan struct{}
	ended   chan struct{}

	mu       sync.Mutex
	watchers []*watcher
	reloads  []ID
	replies  []*reply
}

type watcher struct{ tell func(Update) }

func newUpdates() *updates {
	u := &updates{wake: make(chan struct{}, 1), closing: make(chan struct{}), ended: make(chan struct{})}
	go u.run()
	return u
}

// close tells what still waits and ends the goroutine.
func (u *updates) close() {
	close(u.closing)
	<-u.ended
}

func (u *updates) watch(f func(Update)) (cancel func()) {
	w := &watcher{f}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.watchers = append(slices.Clone(u.watchers), w)
	return func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.watchers = slices.DeleteFunc(slices.Clone(u.watchers), func(o *watcher) bool { return o == w })
	}
}

// reload asks watchers to load a chat anew.
func (u *updates) reload(chat ID) {
	u.mu.Lock()
	if !slices.Contains(u.reloads, chat) {
		u.reloads = append(u.reloads, chat)
	}
	u.mu.Unlock()
	u.notify()
}

// grown says that a reply has a newer snapshot.
func (u *updates) grown(r *reply) {
	u.mu.Lock()
	if !slices.Contains(u.replies, r) {
		u.replies = append(u.replies, r)
	}
	u.mu.Unlock()
	u.notify()
}

func (u *updates) notify() {
	select {
	case u.wake <- struct{}{}:
	default: // it is awake already
	}
}

func (u *updates) run() {
	defer close(u.ended)
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-u.wake:
		case <-u.closing:
			u.flush()
			return
		}
		u.flush()
		pause.Reset(joinTime)
		select {
		case <-pause.C:
		case <-u.closing: // the next turn flushes
		}
	}
}

// flush tells all that waits. Reloads go first: a reply's snapshot is newer than what they load.
func (u *updates) flush() {
	u.mu.Lock()
	watchers, reloads, replies := u.watchers, u.reloads, u.replies
	u.reloads, u.replies = nil, nil
	u.mu.Unlock()
	var all []Update
	for _, id := range reloads {
		all = append(all, Update{Chat: id})
	}
	for _, r := range replies {
		all = append(all, r.update())
	}
	for _, update := range all {
		for _, w := range watchers {
			w.tell(update)
		}
	}
}
