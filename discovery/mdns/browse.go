package mdns

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

const answersMax = 1024 // in one round; more can only be a flood

// pace says how long a round lasts and how far the beginnings of two are apart.
type pace struct {
	round, slow, fast time.Duration
	retry             time.Duration // after a round that could not be held
}

var usualPace = pace{round: 4 * time.Second, slow: 15 * time.Second, fast: 4 * time.Second, retry: 5 * time.Second}

// Options say where a Browser looks and what it takes.
type Options struct {
	Interfaces Interfaces
	// Allowed refuses addresses that this device would not dial; nil refuses
	// none beyond those that doc.go excludes.
	Allowed func(netip.Addr) error
	// Ignore drops an instance, such as this device's own; nil drops none.
	Ignore func(instance string) bool
}

// State says how the latest round went.
type State struct {
	Began         time.Time // zero before the first
	Err           error     // why it could not be held; nil when it was
	OtherVersions int       // answers that speak another version of this protocol
}

// Browser looks for devices on the local network again and again.
type Browser struct {
	options Options
	search  func(context.Context, []net.Interface, func(answer)) error
	pace    pace
	cancel  context.CancelFunc
	done    chan struct{}
	changes chan struct{} // holds at most one
	wake    chan struct{} // holds at most one

	mu     sync.Mutex
	table  *table
	state  State
	others int // versions heard in this round
	fast   bool
}

// Browse looks for devices until ctx ends or Close: a round of 4 seconds every
// 15 seconds.
func Browse(ctx context.Context, options Options) *Browser {
	b := newBrowser(options)
	b.start(ctx)
	return b
}

func newBrowser(options Options) *Browser {
	b := &Browser{
		options: options,
		search:  search,
		pace:    usualPace,
		done:    make(chan struct{}),
		changes: make(chan struct{}, 1),
		wake:    make(chan struct{}, 1),
	}
	b.table = newTable(func(a netip.AddrPort) bool {
		return options.Allowed == nil || options.Allowed(a.Addr()) == nil
	})
	return b
}

func (b *Browser) start(ctx context.Context) {
	ctx, b.cancel = context.WithCancel(ctx)
	go b.run(ctx)
}

// Sightings are those who were heard lately, at most 64, ordered by instance.
func (b *Browser) Sightings() []Sighting {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.table.sightings(time.Now())
}

// Changes receives after the sightings changed in more than their time. Several
// changes that nobody has read yet are one. It is closed after Close.
func (b *Browser) Changes() <-chan struct{} { return b.changes }

// State says how the latest round went.
func (b *Browser) State() State {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state
}

// SetFast makes rounds follow each other without a pause, for as long as
// somebody watches.
func (b *Browser) SetFast(fast bool) {
	b.mu.Lock()
	faster := fast && !b.fast
	b.fast = fast
	b.mu.Unlock()
	if faster {
		signal(b.wake)
	}
}

// Close stops looking and returns when that is done.
func (b *Browser) Close() {
	b.cancel()
	<-b.done
}

func (b *Browser) run(ctx context.Context) {
	defer close(b.done)
	defer close(b.changes)
	for ctx.Err() == nil {
		began := time.Now()
		b.round(ctx, began)
		select {
		case <-b.wake: // during the round; interval knows
		default:
		}
		select {
		case <-ctx.Done():
		case <-b.wake:
		case <-time.After(time.Until(began.Add(b.interval()))):
		}
	}
}

func (b *Browser) interval() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.fast:
		return b.pace.fast
	case b.state.Err != nil:
		return b.pace.retry
	}
	return b.pace.slow
}

// round asks once everywhere. That somebody is missing only a round says that
// was held to its end, and one without any network.
func (b *Browser) round(ctx context.Context, began time.Time) {
	l, err := b.options.Interfaces.links()
	switch {
	case err != nil:
	case len(l.interfaces) == 0:
		err = ErrNoNetwork
	default:
		err = b.ask(ctx, l.interfaces)
	}
	if ctx.Err() != nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.state = State{Began: began, Err: err, OtherVersions: b.others}
	b.others = 0
	if errors.Is(err, ErrNoNetwork) {
		b.table.endRound()
	}
	if b.table.expire(time.Now()) {
		signal(b.changes)
	}
}

func (b *Browser) ask(ctx context.Context, interfaces []net.Interface) error {
	ctx, cancel := context.WithTimeout(ctx, b.pace.round)
	defer cancel()
	var answers atomic.Int32
	err := b.search(ctx, interfaces, func(a answer) {
		if answers.Add(1) > answersMax {
			cancel()
			return
		}
		b.hear(a)
	})
	if err == nil && answers.Load() <= answersMax {
		b.mu.Lock()
		b.table.endRound()
		b.mu.Unlock()
	}
	return err
}

func (b *Browser) hear(a answer) {
	t, ok := parseText(a.text)
	if !ok || !isName(a.instance) || b.options.Ignore != nil && b.options.Ignore(a.instance) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if t.version != version {
		b.others++
		return
	}
	if b.table.hear(a.instance, t.pairing, a.addresses(), time.Now()) {
		signal(b.changes)
	}
}

// signal leaves one message in a channel that holds one.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
