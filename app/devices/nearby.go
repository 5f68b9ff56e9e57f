package devices

import (
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"time"

	"croft/discovery/identity"
	"croft/discovery/lan"
	"croft/discovery/mdns"
	"croft/discovery/trust"
)

// Nearby is somebody on the local network who is not one of my devices. What is known of him is what he says.
type Nearby struct {
	Address netip.AddrPort
	Adding  bool // a device can be added there now, at Address
	Seen    time.Time
}

// place is an address that was announced, by one announcement.
type place struct {
	instance string
	at       netip.AddrPort
}

// meeting is who was met at a place: announcements name nobody.
type meeting struct {
	pending bool
	id      identity.ID
	err     error
	when    time.Time // it ended
}

const (
	lookEvery     = 5 * time.Second
	meetAgain     = 30 * time.Second // where nobody answered
	strangerAgain = 10 * time.Minute // where somebody else answered
	meetingsMax   = 16               // at once
)

// browseLocked begins to look for devices, once.
func (s *Service) browseLocked() {
	if s.browser != nil || s.closed {
		return
	}
	s.browser = mdns.Browse(s.ctx, mdns.Options{Interfaces: s.links, Allowed: s.network.Allowed, Ignore: s.isOwn})
	s.browser.SetFast(s.attentive > 0)
	browser := s.browser
	s.running.Go(func() { s.look(browser) })
}

// isOwn says whether an instance is this device's.
func (s *Service) isOwn(instance string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.announcement != nil && s.announcement.Instance() == instance ||
		s.adding != nil && s.adding.announcement != nil && s.adding.announcement.Instance() == instance
}

// links tells mdns where to announce and to ask: on the interfaces whose networks may be spoken to.
func (s *Service) links() ([]net.Interface, []netip.Addr, error) {
	all, err := s.network.Interfaces()
	if err != nil {
		return nil, nil, err
	}
	var interfaces []net.Interface
	var addresses []netip.Addr
	for _, i := range all {
		own := s.usable(i)
		if len(own) == 0 || i.Index == 0 {
			continue
		}
		flags := net.FlagUp // usable ones are
		if i.Multicast {
			flags |= net.FlagMulticast
		}
		interfaces = append(interfaces, net.Interface{Index: i.Index, Name: i.Name, Flags: flags})
		addresses = append(addresses, own...)
	}
	return interfaces, addresses, nil
}

// usable returns the addresses of an interface at which others may speak to this device.
func (s *Service) usable(i lan.Interface) (own []netip.Addr) {
	if !i.Up {
		return nil
	}
	for _, p := range i.Prefixes {
		if s.network.Allowed(p.Addr()) == nil {
			own = append(own, p.Addr())
		}
	}
	return own
}

// look follows what is heard until the browser is closed.
func (s *Service) look(browser *mdns.Browser) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	atOnce := make(chan struct{}, meetingsMax)
	for {
		select {
		case <-s.ctx.Done():
			return
		case _, open := <-browser.Changes():
			if !open {
				return
			}
			signal(s.changed)
		case <-tick.C:
		}
		for _, p := range s.unmet(browser.Sightings()) {
			s.running.Go(func() { s.meet(p, atOnce) })
		}
	}
}

// unmet returns the places where somebody is to be met, and forgets those that are not announced any more. Their order is
// left to chance, so that somebody who announces many of them does not always come first.
func (s *Service) unmet(sightings []mdns.Sighting) []place {
	s.mu.Lock()
	defer s.mu.Unlock()
	var due []place
	met := make(map[place]meeting, len(s.met))
	for _, sighting := range sightings {
		for _, at := range sighting.Addrs {
			p := place{sighting.Instance, at}
			m, known := s.met[p]
			if !sighting.Pairing && !known || known && s.isDueLocked(m) {
				m.pending = true
				due = append(due, p)
			}
			if !sighting.Pairing {
				met[p] = m
			}
		}
	}
	s.met = met
	rand.Shuffle(len(due), func(i, j int) { due[i], due[j] = due[j], due[i] })
	return due
}

func (s *Service) isDueLocked(m meeting) bool {
	switch {
	case m.pending || m.err == nil && s.mine[m.id] != nil:
		return false
	case m.err != nil:
		return time.Since(m.when) > meetAgain
	}
	return time.Since(m.when) > strangerAgain
}

// meet sees who is at a place.
func (s *Service) meet(p place, atOnce chan struct{}) {
	select {
	case atOnce <- struct{}{}:
		defer func() { <-atOnce }()
	case <-s.ctx.Done():
		return
	}
	id, err := trust.Who(s.ctx, s.me, s.network, p.at)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, still := s.met[p]; !still {
		return
	}
	s.met[p] = meeting{id: id, err: err, when: time.Now()}
	if m := s.mine[id]; m != nil && err == nil && !m.online {
		m.elsewhere(errElsewhere) // a dead address takes seconds to fail
		signal(m.wake)
	}
	signal(s.changed)
}

// addresses returns where a device may be, the likeliest first: where it was reached and was met again, where it was met,
// from where it called, where it was reached before.
func (s *Service) addresses(m *mine) []netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	var met, all []netip.AddrPort
	for p, at := range s.met {
		if at.err == nil && !at.pending && at.id == m.id {
			met = append(met, p.at)
		}
	}
	slices.SortFunc(met, netip.AddrPort.Compare)
	before := m.reachedBefore()
	for _, a := range before {
		if slices.Contains(met, a) {
			all = append(all, a)
		}
	}
	all = append(all, met...)
	if m.called.IsValid() {
		port := uint16(DevicesPort)
		if len(before) > 0 {
			port = before[0].Port()
		}
		all = append(all, netip.AddrPortFrom(m.called, port))
	}
	return unique(append(all, before...))
}

// reachedBefore returns where a device was reached, the last first; Service.mu is held.
func (m *mine) reachedBefore() (all []netip.AddrPort) {
	if m.good.IsValid() {
		all = append(all, m.good)
	}
	for _, saved := range m.saved.Addresses {
		if a, err := netip.ParseAddrPort(saved); err == nil {
			all = append(all, a)
		}
	}
	return unique(all)
}

// unique keeps the first of equal ones.
func unique[T comparable](all []T) (kept []T) {
	for _, v := range all {
		if !slices.Contains(kept, v) {
			kept = append(kept, v)
		}
	}
	return kept
}

// Nearby returns who is seen and is not mine: who lets a device be added first. Others are listed only once they have shown
// that they are a device of Croft's.
func (s *Service) Nearby() []Nearby {
	s.mu.Lock()
	browser := s.browser
	s.mu.Unlock()
	if browser == nil {
		return nil
	}
	return s.nearby(browser.Sightings(), s.ownAddresses())
}

func (s *Service) nearby(sightings []mdns.Sighting, own []netip.Addr) []Nearby {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := map[netip.Addr]Nearby{}
	for _, sighting := range sightings {
		n, ok := s.nearbyLocked(sighting)
		host := n.Address.Addr()
		if !ok || slices.Contains(own, host) {
			continue
		}
		if before, twice := found[host]; !twice || n.Adding && !before.Adding {
			found[host] = n
		}
	}
	all := make([]Nearby, 0, len(found))
	for _, n := range found {
		all = append(all, n)
	}
	slices.SortFunc(all, func(a, b Nearby) int {
		switch {
		case a.Adding == b.Adding:
			return a.Address.Compare(b.Address)
		case a.Adding:
			return -1
		}
		return 1
	})
	return all
}

func (s *Service) nearbyLocked(sighting mdns.Sighting) (n Nearby, ok bool) {
	n = Nearby{Address: handiest(sighting.Addrs), Adding: sighting.Pairing, Seen: sighting.Seen}
	stranger := false
	for _, at := range sighting.Addrs {
		if s.isOnlineAtLocked(at.Addr()) {
			return n, false
		}
		m, known := s.met[place{sighting.Instance, at}]
		stranger = stranger || known && !m.pending && m.err == nil && s.mine[m.id] == nil && m.id != s.me.ID()
	}
	return n, n.Address.IsValid() && (sighting.Pairing || stranger)
}

// isOnlineAtLocked says whether one of my devices answers at an address, on whatever port.
func (s *Service) isOnlineAtLocked(a netip.Addr) bool {
	for _, m := range s.mine {
		if m.online && m.good.Addr() == a {
			return true
		}
	}
	return false
}

// handiest is the address that is easiest to type.
func handiest(all []netip.AddrPort) netip.AddrPort {
	i := slices.IndexFunc(all, func(a netip.AddrPort) bool { return a.Addr().Is4() })
	switch {
	case len(all) == 0:
		return netip.AddrPort{}
	case i < 0:
		return all[0]
	}
	return all[i]
}

func (s *Service) ownAddresses() (own []netip.Addr) {
	all, err := s.network.Interfaces()
	if err != nil {
		return nil
	}
	for _, i := range all {
		for _, p := range i.Prefixes {
			own = append(own, p.Addr())
		}
	}
	return own
}

// portKey is where the port lies in the settings at which this device was last reached.
const portKey = "devices.port"

// savePort keeps the port for a Croft on this machine that lets nobody in and still adds devices: a command.
func (s *Service) savePort(port uint16) {
	ctx := context.WithoutCancel(s.ctx)
	if port != 0 && port != s.savedPort(ctx) {
		_ = saveJSON(ctx, s.store, portKey, port) // without it, others find this device when it is announced
	}
}

func (s *Service) savedPort(ctx context.Context) (port uint16) {
	_ = loadJSON(ctx, s.store, portKey, &port)
	return port
}

// port is where devices of mine reach this one, 0 while that is not known.
func (s *Service) port(ctx context.Context) uint16 {
	s.mu.Lock()
	listener := s.listener
	s.mu.Unlock()
	if listener != nil {
		return listener.Port()
	}
	return s.savedPort(ctx)
}
