package devices

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"croft/app/lanapi/wire"
	"croft/discovery/identity"
	"croft/discovery/pairing"
	"croft/discovery/trust"
	"croft/storage"
)

var (
	// ErrNotFound says that there is no such device or server.
	ErrNotFound = storage.ErrNotFound
	// ErrRemoved is why requests to a device end when it is removed.
	ErrRemoved = errors.New("the device was removed")
	errName    = errors.New("a name has at least one letter and fits in one line; type another")
)

// mine is one device that is mine, with what is known of it at the moment. Its fields from saved on are guarded by
// Service.mu.
type mine struct {
	id     identity.ID
	client *http.Client
	asking *http.Client    // the same connections, for asking how it is
	ctx    context.Context // ends when the device is removed
	cancel context.CancelCauseFunc
	wake   chan struct{} // holds at most one; asks now

	saved   storage.Device
	seen    time.Time
	online  bool
	status  wire.Status
	rtt     time.Duration
	problem error
	good    netip.AddrPort // where it answered last, in this run
	called  netip.Addr     // from where it called last
	failed  int            // how often in a row it was asked in vain
	asked   time.Time      // when that last ended
	answer  chan struct{}  // closed and made anew when that ends

	elsewhere context.CancelCauseFunc // ends the attempt that is being made, if one is
}

// newMine makes what looks after a device. Its client may be used by the time that it stands in Service.mine.
func (s *Service) newMine(id identity.ID, saved storage.Device) *mine {
	m := &mine{
		id: id, saved: saved, seen: saved.Seen, wake: make(chan struct{}, 1), answer: make(chan struct{}),
		elsewhere: func(error) {},
	}
	m.ctx, m.cancel = context.WithCancelCause(s.ctx)
	c := trust.NewClient(s.me, s.network, id, func() []netip.AddrPort { return s.addresses(m) })
	reached := func(at net.Addr) { s.reached(m, at) }
	m.client = guard(m.ctx, c, told{reached, func() { s.doubt(m) }})
	m.asking = guard(m.ctx, c, told{reached: reached})
	return m
}

// load takes over what the store says of my devices: another Croft on this machine may have changed it. One that is mine no
// longer is cut off.
func (s *Service) load(ctx context.Context) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	saved, err := s.store.Devices(ctx)
	if err != nil {
		return err
	}
	gone, changed := s.takeOver(saved)
	for _, m := range gone {
		s.drop(m)
	}
	if changed {
		signal(s.changed)
	}
	return nil
}

func (s *Service) takeOver(saved []storage.Device) (gone []*mine, changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	here := map[identity.ID]bool{}
	for _, d := range saved {
		id, err := identity.ParseID(d.ID)
		if err != nil {
			continue // the store lets no such row in
		}
		here[id] = true
		m := s.mine[id]
		if m == nil && s.closed {
			continue
		}
		if m == nil {
			m = s.newMine(id, d)
			s.mine[id] = m
			if !s.quiet {
				s.running.Go(func() { s.attendTo(m) })
				s.browseLocked()
			}
			changed = true
		}
		changed = changed || m.saved.Name != d.Name || m.saved.Here != d.Here || m.saved.There != d.There
		m.saved = d
		if d.Seen.After(m.seen) {
			m.seen = d.Seen
		}
	}
	for id, m := range s.mine {
		if !here[id] {
			delete(s.mine, id)
			gone = append(gone, m)
		}
	}
	return gone, changed || len(gone) > 0
}

// drop cuts off a device that is not known any more, in both directions.
func (s *Service) drop(m *mine) {
	m.cancel(ErrRemoved)
	s.mu.Lock()
	host := s.host
	s.mu.Unlock()
	if host != nil {
		host.Drop(m.id)
	}
}

const loadEvery = 500 * time.Millisecond

// follow takes over what other programs on this machine change in the records.
func (s *Service) follow() {
	tick := time.NewTicker(loadEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
			_ = s.load(s.ctx) // what could not be read now is at the next tick
		}
	}
}

// Knows says whether a device is mine. It is asked at each handshake and each request.
func (s *Service) Knows(id identity.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mine[id] != nil
}

// Caller says which device the request with this context comes from, by its ID, and what it may do here now.
func (s *Service) Caller(ctx context.Context) (who string, r Rights, ok bool) {
	id, ok := trust.Device(ctx)
	if !ok {
		return "", Rights{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.mine[id]
	if m == nil {
		return "", Rights{}, false
	}
	return m.saved.ID, Rights(m.saved.Here), true
}

// List returns my devices, by name.
func (s *Service) List() []Device {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Device, 0, len(s.mine))
	for _, m := range s.mine {
		all = append(all, m.device())
	}
	slices.SortFunc(all, func(a, b Device) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// device is what others are told of m; Service.mu is held.
func (m *mine) device() Device {
	d := Device{
		ID: m.saved.ID, Name: m.saved.Name, Added: m.saved.Added, Seen: m.seen, Online: m.online,
		Here: Rights(m.saved.Here), There: Rights(m.saved.There), Status: m.status, RTT: m.rtt,
		Addresses: slices.Clone(m.saved.Addresses), Problem: explain(m.problem),
	}
	if told := m.status.Rights; told != nil { // they may have been changed there since it was added
		d.There = Rights(*told)
	}
	if good := m.good.String(); m.good.IsValid() {
		d.Addresses = append([]string{good}, slices.DeleteFunc(d.Addresses, func(a string) bool { return a == good })...)
	}
	return d
}

// Rename gives a device another name on this one. ErrNotFound.
func (s *Service) Rename(ctx context.Context, id, name string) error {
	name = pairing.CleanName(name)
	if name == "" {
		return errName
	}
	return s.change(ctx, s.store.RenameDevice(ctx, id, name))
}

// SetRights says what a device may do on this one, from its next request on. ErrNotFound.
func (s *Service) SetRights(ctx context.Context, id string, here Rights) error {
	return s.change(ctx, s.store.SetDeviceRights(ctx, id, storage.Rights(here)))
}

// Remove makes a device a stranger: its requests are cut off at once, those to it too, and it is not let in again.
// ErrNotFound.
func (s *Service) Remove(ctx context.Context, id string) error {
	return s.change(ctx, s.store.RemoveDevice(ctx, id))
}

// change takes over what was changed in the store, if it was: whatever ctx says by then.
func (s *Service) change(ctx context.Context, err error) error {
	if err != nil {
		return err
	}
	return s.load(context.WithoutCancel(ctx))
}

// Client returns a client whose requests, which begin with Origin, go to the device with that ID. They end with
// ErrRemoved when it is removed, and with ErrNotFound when it is not mine.
func (s *Service) Client(id string) *http.Client {
	parsed, err := identity.ParseID(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.mine[parsed]; err == nil && m != nil {
		return m.client
	}
	return &http.Client{Transport: nobody{}}
}
