// Package devices knows the devices that are mine: it finds them on the local network, adds and removes them, asks them how
// they are, lets them in, and keeps the ledger of every connection.
//
// What was heard on the network is a hint where to knock; the key that was pinned when a device was added decides who it is.
// What a device may do is looked up anew for each of its requests.
package devices

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"time"

	"croft/app/lanapi/wire"
	"croft/discovery/identity"
	"croft/discovery/lan"
	"croft/discovery/mdns"
	"croft/discovery/pairing"
	"croft/discovery/trust"
	"croft/storage"
)

// Where a device listens unless another program does: for devices that are mine, and while one is added.
const (
	DevicesPort = 47300
	AddingPort  = 47301
)

// Origin is how the addresses of requests by Client begin.
const Origin = trust.Origin

// Ports say where to listen. A port that is taken, or 0, stands for any that is free.
type Ports struct{ Devices, Adding uint16 }

// Options say what the Service stands on.
type Options struct {
	Dir   string // the home folder; the key of this device lies there
	Store *storage.Store
	Name  string // of this device, as others read it; "": the computer's own
	Ports *Ports // nil: DevicesPort and AddingPort
	VPN   bool   // the owner's own VPN counts as a local network
	Quiet bool   // for who wants the records only: nobody is called or looked for
	// Interfaces lists the network interfaces of this device; nil asks the system, which Android refuses.
	Interfaces func() ([]lan.Interface, error)
}

// Rights are what one device may do on another.
type Rights struct{ Answers, Models, Notes bool }

// Device is a device that is mine.
type Device struct {
	ID        string // of its key, 64 hex digits
	Name      string
	Added     time.Time
	Seen      time.Time // it last answered; zero: never
	Online    bool      // it answered when it was last asked
	Here      Rights    // what it may do on this device
	There     Rights    // what this device was granted on it
	Status    wire.Status
	RTT       time.Duration // of the last answer
	Addresses []string      // "192.168.1.20:47300", the last good one first
	Problem   error         // why it is not online; nil while that is not known yet
}

// Service looks after my devices. Its methods may be called from several goroutines.
type Service struct {
	me      *identity.Private
	name    string
	quiet   bool
	ports   Ports
	store   *storage.Store
	network *lan.Network
	beside  *lan.Network // for servers on this same machine
	ledger  *ledger

	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	running sync.WaitGroup
	changed chan struct{} // holds at most one; see tell

	loading  sync.Mutex // held while the records are read and taken over
	offering sync.Mutex // held while a window is opened

	mu           sync.Mutex // guards what follows
	mine         map[identity.ID]*mine
	met          map[place]meeting
	listener     *lan.Listener // nil until Serve
	host         *trust.Host
	announcement *mdns.Announcement
	browser      *mdns.Browser // nil until somebody wants to know
	adding       *Adding
	watchers     map[*watcher]bool
	attentive    int // watchers that want fresh news
	closed       bool
}

var errServiceClosed = errors.New("my devices are not available any more, since Croft is closing")

// New opens the key of this device, or makes one, and begins to look after the devices that are mine. Nobody is let in
// before Serve. The Service does not end with ctx but with Close, after which the store may be closed.
func New(ctx context.Context, o Options) (*Service, error) {
	log.SetOutput(mdns.Quiet(log.Writer()))
	me, err := identity.Open(o.Dir)
	if err != nil {
		return nil, err
	}
	if o.Ports == nil {
		o.Ports = &Ports{DevicesPort, AddingPort}
	}
	s := &Service{
		me: me, name: nameOf(o.Name), quiet: o.Quiet, ports: *o.Ports, store: o.Store,
		changed: make(chan struct{}, 1), mine: map[identity.ID]*mine{}, met: map[place]meeting{}, watchers: map[*watcher]bool{},
	}
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	s.ledger = newLedger(o.Store)
	s.network = lan.New(lan.Options{Interfaces: o.Interfaces, VPN: o.VPN, Record: s.ledger.record})
	s.beside = lan.New(lan.Options{Interfaces: lan.Self, Record: s.ledger.record})
	if err := s.load(ctx); err != nil {
		s.cancel()
		return nil, err
	}
	s.running.Go(func() { s.ledger.run(s.ctx) })
	s.running.Go(s.follow)
	s.running.Go(s.tell)
	return s, nil
}

// nameOf never returns an empty name.
func nameOf(name string) string {
	if name == "" {
		name, _ = os.Hostname() // a computer without a name gets one below
	}
	if name = pairing.CleanName(name); name != "" && name != "localhost" {
		return name
	}
	switch runtime.GOOS {
	case "android":
		return "Android phone"
	case "ios":
		return "iPhone"
	}
	return "Croft on " + runtime.GOOS
}

// Name is how others read this device's name.
func (s *Service) Name() string { return s.name }

// Addresses is where this device answers others now.
func (s *Service) Addresses() []netip.AddrPort {
	s.mu.Lock()
	listener := s.listener
	s.mu.Unlock()
	if listener == nil {
		return nil
	}
	return listener.Addrs()
}

// ID is the ID of this device.
func (s *Service) ID() string { return s.me.ID().String() }

// SetVPN says whether the owner's own VPN counts as a local network.
func (s *Service) SetVPN(on bool) { s.network.SetVPN(on) }

// Close ends everything that goes on with other devices and returns when the ledger has it all.
func (s *Service) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	adding, announcement, browser := s.adding, s.announcement, s.browser
	s.mu.Unlock()
	if adding != nil {
		adding.Close()
	}
	s.cancel()
	if announcement != nil {
		announcement.Close()
	}
	if browser != nil {
		browser.Close()
	}
	s.running.Wait()
	s.network.Close()
	s.beside.Close()
	return errors.Join(s.saveSeen(context.WithoutCancel(s.ctx)), s.ledger.close(context.WithoutCancel(s.ctx)))
}

// Serve lets the devices that are mine in: handler answers their requests, and Caller tells it whose they are. This device
// is announced on the local network from then on. It is called once.
func (s *Service) Serve(handler http.Handler) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return errServiceClosed
	case s.listener != nil:
		return errors.New("this device answers its owner's devices already")
	}
	listener, err := s.network.Listen(s.ctx, s.ports.Devices, "device")
	if err != nil && s.ports.Devices != 0 {
		listener, err = s.network.Listen(s.ctx, 0, "device")
	}
	if err != nil {
		return fmt.Errorf("this device cannot be reached by others: %w", err)
	}
	s.listener = listener
	s.host = trust.NewHost(s.me, s, s.hearing(handler), nil)
	s.running.Go(func() { _ = s.host.Serve(s.ctx, listener) }) // it ends with the listener, which says in Problem what is wrong
	if port := listener.Port(); port != 0 {
		s.announcement, err = mdns.Announce(s.ctx, s.links, int(port), false)
	}
	s.browseLocked()
	s.running.Go(func() { s.savePort(listener.Port()) })
	return err
}

// hearing notes where a device that calls can be called.
func (s *Service) hearing(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if id, ok := trust.Device(r.Context()); ok {
			s.heard(id, r.RemoteAddr)
		}
		handler.ServeHTTP(w, r)
	})
}

// watcher is told of changes.
type watcher struct{ tell func() }

// Watch calls f soon after something changed in what List or Nearby return, until cancel is called. Meanwhile devices are
// asked every 2 s and looked for without a pause: it is for a page that a person looks at. f must return soon.
func (s *Service) Watch(f func()) (cancel func()) {
	s.attend(1)
	unfollow := s.Follow(f)
	return func() {
		unfollow()
		s.attend(-1)
	}
}

// Follow is Watch at the usual pace, which lets devices rest.
func (s *Service) Follow(f func()) (cancel func()) {
	w := &watcher{f}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers[w] = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, w)
	}
}

// attend counts those who want fresh news.
func (s *Service) attend(delta int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attentive += delta
	if delta > 0 {
		s.browseLocked()
		for _, m := range s.mine {
			signal(m.wake)
		}
	}
	if s.browser != nil {
		s.browser.SetFast(s.attentive > 0)
	}
}

const tellPause = 50 * time.Millisecond // several changes are told as one

// tell tells the watchers of changes.
func (s *Service) tell() {
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-s.changed:
		}
		select {
		case <-s.ctx.Done():
			return
		case <-time.After(tellPause):
		}
		s.mu.Lock()
		all := make([]*watcher, 0, len(s.watchers))
		for w := range s.watchers {
			all = append(all, w)
		}
		s.mu.Unlock()
		for _, w := range all {
			w.tell()
		}
	}
}

// signal leaves one message in a channel that holds one.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
