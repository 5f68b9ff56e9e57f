package mdns

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	pollEvery = 10 * time.Second
	pauseMax  = 5 * time.Minute
)

// Announcement tells the local network that this device is there.
type Announcement struct {
	interfaces Interfaces
	register   func(record, links) (stop func(), err error)
	poll       time.Duration
	cancel     context.CancelFunc
	done       chan struct{}
	wake       chan struct{} // holds at most one

	mu     sync.Mutex
	record record
	err    error

	// What run alone touches.
	key     string        // of what was registered, or could not be
	stop    func()        // nil: nothing is registered
	failure error         // of the last registration
	pause   time.Duration // before the same is tried again, doubled at each failure
	retryAt time.Time
}

// Announce announces port on the interfaces, and that a device can be added
// while pairing, until ctx ends or Close. It follows what interfaces tells, so
// it is no error that there is no network yet: Err says so.
func Announce(ctx context.Context, interfaces Interfaces, port int, pairing bool) (*Announcement, error) {
	if port < 1 || port > 65535 {
		return nil, fmt.Errorf("mdns: cannot announce port %d; it must be 1 to 65535", port)
	}
	a := newAnnouncement(interfaces, port, pairing)
	a.start(ctx)
	return a, nil
}

func newAnnouncement(interfaces Interfaces, port int, pairing bool) *Announcement {
	return &Announcement{
		interfaces: interfaces,
		register:   register,
		poll:       pollEvery,
		done:       make(chan struct{}),
		wake:       make(chan struct{}, 1),
		record:     record{instance: newName(), host: newName(), port: port, text: text{version: version, pairing: pairing}},
	}
}

func (a *Announcement) start(ctx context.Context) {
	ctx, a.cancel = context.WithCancel(ctx)
	go a.run(ctx)
}

// Instance is the name under which others see this device until Close.
func (a *Announcement) Instance() string { return a.record.instance }

// SetPairing says whether a device can be added now. It does not wait until
// that is announced.
func (a *Announcement) SetPairing(pairing bool) {
	a.mu.Lock()
	a.record.text.pairing = pairing
	a.mu.Unlock()
	signal(a.wake)
}

// Err says why this device is not announced as it should be now; nil when it is,
// or when that has not been tried yet.
func (a *Announcement) Err() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

// Close says goodbye and returns when that is done, at most half a second later.
func (a *Announcement) Close() {
	a.cancel()
	<-a.done
}

func (a *Announcement) run(ctx context.Context) {
	defer close(a.done)
	defer a.withdraw()
	for ctx.Err() == nil {
		err := a.renew()
		a.mu.Lock()
		a.err = err
		a.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-a.wake:
		case <-time.After(a.poll):
		}
	}
}

// renew announces what is so now, unless it is announced already or failed a
// short while ago. It returns what is wrong.
func (a *Announcement) renew() error {
	l, err := a.interfaces.links()
	if err != nil {
		return err // what is announced stays: it was right a moment ago
	}
	a.mu.Lock()
	r := a.record
	a.mu.Unlock()
	key := fmt.Sprint(l.key(), r.text.pairing)
	switch {
	case len(l.interfaces) == 0 || len(l.addresses) == 0:
		a.withdraw()
		a.key = ""
		return ErrNoNetwork
	case key != a.key:
		a.pause = 0
	case a.stop != nil:
		return nil
	case time.Now().Before(a.retryAt):
		return a.failure
	}
	a.withdraw()
	a.key = key
	a.stop, a.failure = a.register(r, l)
	if a.failure != nil {
		a.pause = min(max(2*a.pause, a.poll), pauseMax)
		a.retryAt = time.Now().Add(a.pause)
	}
	return a.failure
}

func (a *Announcement) withdraw() {
	if a.stop != nil {
		a.stop()
		a.stop = nil
	}
}
