package devices

import (
	"context"
	"errors"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"time"

	"croft/discovery/identity"
	"croft/discovery/lan"
	"croft/discovery/mdns"
	"croft/discovery/trust"
)

const (
	diagnoseMax = 12 * time.Second
	roundStep   = 100 * time.Millisecond
	heardMax    = 6 * time.Second // somewhat longer than a round, and much shorter than announcements are remembered
)

// Diagnose looks why devices are not found or not reached. It takes up to 12 s and returns nothing when all is well.
func (s *Service) Diagnose(ctx context.Context) []Finding {
	ctx, cancel := context.WithTimeout(ctx, diagnoseMax)
	defer cancel()
	s.attend(1)
	defer s.attend(-1)
	var f facts
	var all sync.WaitGroup
	all.Go(func() { s.waitForRound(ctx) })
	var mutex sync.Mutex
	for _, m := range s.all() {
		all.Go(func() {
			d := s.examine(ctx, m)
			mutex.Lock()
			defer mutex.Unlock()
			f.devices = append(f.devices, d)
		})
	}
	all.Wait()
	slices.SortFunc(f.devices, func(a, b deviceFacts) int { return slices.Compare([]string{a.name}, []string{b.name}) })
	s.observe(&f)
	return findings(f)
}

func (s *Service) all() (all []*mine) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.mine {
		all = append(all, m)
	}
	return all
}

// waitForRound waits until devices have been looked for once.
func (s *Service) waitForRound(ctx context.Context) {
	for ctx.Err() == nil && s.lookState().Began.IsZero() {
		select {
		case <-ctx.Done():
		case <-s.ctx.Done():
			return
		case <-time.After(roundStep):
		}
	}
}

func (s *Service) lookState() mdns.State {
	s.mu.Lock()
	browser := s.browser
	s.mu.Unlock()
	if browser == nil {
		return mdns.State{}
	}
	return browser.State()
}

// examine asks a device, and tries each of its addresses for itself unless it answers. When nobody is there, the system says
// so after three seconds or more, and the tries last five.
func (s *Service) examine(ctx context.Context, m *mine) deviceFacts {
	s.mu.Lock()
	wasOnline := m.online
	s.mu.Unlock()
	var addresses []netip.AddrPort
	var tries []Cause
	try := func() { addresses = s.addresses(m); tries = s.tryAll(ctx, m.id, addresses) }
	var both sync.WaitGroup
	if !wasOnline {
		both.Go(try)
	}
	s.askNow(ctx, m)
	both.Wait()
	s.mu.Lock()
	d := deviceFacts{name: m.saved.Name, online: m.online, failed: m.failed}
	c := causeOf(m.problem)
	s.mu.Unlock()
	switch {
	case d.online:
		return d
	case c == NotPaired, c == OtherVersion:
		d.status = c
		return d
	case wasOnline:
		try()
	}
	d.tries = tries
	d.heard = s.isHeardAt(addresses) // by now it has been looked for again
	return d
}

// tryAll says what stands between this device and another at each address.
func (s *Service) tryAll(ctx context.Context, want identity.ID, addresses []netip.AddrPort) []Cause {
	causes := make([]Cause, len(addresses))
	var all sync.WaitGroup
	for i, at := range addresses {
		all.Go(func() { causes[i] = s.try(ctx, want, at) })
	}
	all.Wait()
	return causes
}

func (s *Service) try(ctx context.Context, want identity.ID, at netip.AddrPort) Cause {
	got, err := trust.Who(ctx, s.me, s.network, at)
	switch {
	case err != nil:
		return causeOf(err)
	case got != want:
		return OtherDevice
	}
	return Unknown // it is there after all, and was not a moment ago
}

// isHeardAt says whether something was announced just now at the host of one of the addresses.
func (s *Service) isHeardAt(addresses []netip.AddrPort) bool {
	s.mu.Lock()
	browser := s.browser
	s.mu.Unlock()
	if browser == nil {
		return false
	}
	for _, sighting := range browser.Sightings() {
		if time.Since(sighting.Seen) > heardMax {
			continue
		}
		for _, at := range sighting.Addrs {
			if slices.ContainsFunc(addresses, func(a netip.AddrPort) bool { return a.Addr() == at.Addr() }) {
				return true
			}
		}
	}
	return false
}

// observe adds what does not concern one device alone.
func (s *Service) observe(f *facts) {
	if all, err := s.network.Interfaces(); err == nil {
		f.onNetwork = slices.ContainsFunc(all, func(i lan.Interface) bool { return len(s.usable(i)) > 0 })
	}
	s.mu.Lock()
	browser, listener, announcement := s.browser, s.listener, s.announcement
	s.mu.Unlock()
	if listener != nil {
		f.listenProblem = listener.Problem()
	}
	state := s.lookState()
	f.otherVersions, f.lookProblem = state.OtherVersions, state.Err
	if announcement != nil && f.lookProblem == nil {
		f.lookProblem = announcement.Err()
	}
	if errors.Is(f.lookProblem, context.Canceled) {
		f.lookProblem = nil
	}
	if browser != nil {
		f.heard = len(browser.Sightings())
	}
	f.tellsAbsence = runtime.GOOS == "linux" || runtime.GOOS == "android"
}
