package mdns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// What the loops do over time, with zeroconf replaced by a record of calls.

var errTest = errors.New("a test wants it so")

const multicast = net.FlagUp | net.FlagMulticast

// places tells interfaces as a test sets them.
type places struct {
	mu    sync.Mutex
	addrs []netip.Addr
	flags net.Flags
	err   error
}

func newPlaces(addrs ...string) *places {
	p := &places{flags: multicast}
	p.move(addrs...)
	return p
}

func (p *places) move(addrs ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.addrs = nil
	for _, a := range addrs {
		p.addrs = append(p.addrs, netip.MustParseAddr(a))
	}
}

func (p *places) set(flags net.Flags, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flags, p.err = flags, err
}

func (p *places) interfaces() ([]net.Interface, []netip.Addr, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return []net.Interface{{Index: 2, Name: "eth0", Flags: p.flags}}, p.addrs, p.err
}

// registrations notes what an Announcement registers and takes back.
type registrations struct {
	mu    sync.Mutex
	calls []string
	err   error
}

func (r *registrations) register(what record, l links) (func(), error) {
	call := fmt.Sprint(l.ips(), what.port, what.text.strings())
	if err := r.note("+" + call); err != nil {
		return nil, err
	}
	return func() { r.note("-" + call) }, nil
}

func (r *registrations) note(call string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, call)
	return r.err
}

// fail says what every further registration comes to.
func (r *registrations) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

func (r *registrations) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	calls := r.calls
	r.calls = nil
	return calls
}

func (r *registrations) want(t *testing.T, want ...string) {
	t.Helper()
	if got := r.take(); !slices.Equal(got, want) {
		t.Errorf("did %q, want %q", got, want)
	}
}

func announceTo(ctx context.Context, r *registrations, p *places) *Announcement {
	a := newAnnouncement(p.interfaces, 4711, false)
	a.register = r.register
	a.start(ctx)
	return a
}

func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestAnnouncementFollowsTheNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r registrations
		p := newPlaces("10.0.0.2", "8.8.8.8", "fe80::1", "fd00::2", "::ffff:10.0.0.2")
		a := announceTo(t.Context(), &r, p)
		pass(time.Minute)
		r.want(t, "+[10.0.0.2 fd00::2] 4711 [v=1]") // once, and only what is near
		if a.Err() != nil {
			t.Error(a.Err())
		}
		p.move("10.0.0.3")
		pass(pollEvery)
		r.want(t, "-[10.0.0.2 fd00::2] 4711 [v=1]", "+[10.0.0.3] 4711 [v=1]")

		a.SetPairing(true)
		pass(0)
		r.want(t, "-[10.0.0.3] 4711 [v=1]", "+[10.0.0.3] 4711 [v=1 p=1]")
		a.SetPairing(true)
		pass(0)
		r.want(t)

		p.set(multicast, errTest) // what is announced stays
		pass(pollEvery)
		r.want(t)
		if !errors.Is(a.Err(), errTest) {
			t.Errorf("says %v", a.Err())
		}
		p.set(multicast|net.FlagRunning, nil) // a cable that was plugged in
		pass(pollEvery)
		r.want(t, "-[10.0.0.3] 4711 [v=1 p=1]", "+[10.0.0.3] 4711 [v=1 p=1]")
		a.Close()
		r.want(t, "-[10.0.0.3] 4711 [v=1 p=1]")
	})
}

func TestAnnouncementWithoutANetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r registrations
		p := newPlaces("8.8.8.8")
		a := announceTo(t.Context(), &r, p)
		defer a.Close()
		for _, flags := range []net.Flags{multicast, net.FlagUp, net.FlagMulticast} {
			p.set(flags, nil)
			pass(pollEvery)
			r.want(t)
			if !errors.Is(a.Err(), ErrNoNetwork) {
				t.Errorf("says %v", a.Err())
			}
			p.move("10.0.0.2")
		}
		p.set(multicast, nil)
		pass(pollEvery)
		r.want(t, "+[10.0.0.2] 4711 [v=1]")
		p.set(net.FlagMulticast, nil)
		pass(pollEvery)
		r.want(t, "-[10.0.0.2] 4711 [v=1]")
		p.set(multicast, nil)
		pass(pollEvery)
		r.want(t, "+[10.0.0.2] 4711 [v=1]")
	})
}

func TestAnnouncementThatFailsIsTriedLessAndLess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := &registrations{err: errTest}, newPlaces("10.0.0.2")
		a := announceTo(t.Context(), r, p)
		defer a.Close()
		pass(time.Hour)
		if n := len(r.take()); n < 10 || n > 20 {
			t.Errorf("tried %d times in an hour", n)
		}
		if !errors.Is(a.Err(), errTest) {
			t.Errorf("says %v", a.Err())
		}
		p.move("10.0.0.3") // another network is tried at once
		pass(pollEvery)
		r.want(t, "+[10.0.0.3] 4711 [v=1]")
		r.fail(nil)
		pass(pollEvery)
		r.want(t, "+[10.0.0.3] 4711 [v=1]")
		if a.Err() != nil {
			t.Error(a.Err())
		}
	})
}

func TestAnnouncementEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r registrations
		ctx, cancel := context.WithCancel(t.Context())
		a := announceTo(ctx, &r, newPlaces("10.0.0.2"))
		pass(0)
		cancel()
		pass(0)
		r.want(t, "+[10.0.0.2] 4711 [v=1]", "-[10.0.0.2] 4711 [v=1]")
		a.Close()
		a.Close()
		r.want(t)
	})
}

func TestAnnounceRefusesABadPort(t *testing.T) {
	for _, port := range []int{-1, 0, 65536} {
		if _, err := Announce(t.Context(), newPlaces().interfaces, port, false); err == nil {
			t.Errorf("announces port %d", port)
		}
	}
}

// air answers what a test lets sound in it.
type air struct {
	mu     sync.Mutex
	sounds []answer
	err    error
	asked  []time.Time
}

func (a *air) search(ctx context.Context, _ []net.Interface, heard func(answer)) error {
	a.mu.Lock()
	a.asked = append(a.asked, time.Now())
	sounds, err := a.sounds, a.err
	a.mu.Unlock()
	if err != nil {
		return err
	}
	for _, s := range sounds {
		heard(s)
	}
	<-ctx.Done()
	return nil
}

func (a *air) set(err error, sounds ...answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sounds, a.err = sounds, err
}

// gaps are the seconds between the rounds since the last call.
func (a *air) gaps() (gaps []float64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.asked[1:] {
		gaps = append(gaps, a.asked[i+1].Sub(a.asked[i]).Seconds())
	}
	a.asked = a.asked[len(a.asked)-1:]
	return gaps
}

func browseIn(t *testing.T, a *air, p *places, o Options) *Browser {
	o.Interfaces = p.interfaces
	b := newBrowser(o)
	b.search = a.search
	b.start(t.Context())
	return b
}

func sound(instance, ip string, txt ...string) answer {
	return answer{instance: instance, port: 7, text: txt, ips: []net.IP{net.ParseIP(ip)}}
}

func TestBrowserAsksInRounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, p := &air{}, newPlaces("10.0.0.9")
		b := browseIn(t, a, p, Options{})
		pass(46 * time.Second)
		if got := fmt.Sprint(a.gaps()); got != "[15 15 15]" {
			t.Errorf("slow rounds are %v s apart", got)
		}
		b.SetFast(true) // the fourth is 1 second old
		b.SetFast(true)
		pass(12 * time.Second)
		if got := fmt.Sprint(a.gaps()); got != "[4 4 4]" {
			t.Errorf("fast rounds are %v s apart", got)
		}
		b.SetFast(false)
		pass(20 * time.Second)
		b.SetFast(true)
		pass(0)
		if got := fmt.Sprint(a.gaps()); got != "[15 6]" {
			t.Errorf("rounds are %v s apart", got)
		}
		b.SetFast(false)
		a.set(errTest)
		pass(26 * time.Second)
		if got := fmt.Sprint(a.gaps()); got != "[15 5 5]" {
			t.Errorf("rounds that fail are %v s apart", got)
		}
		if s := b.State(); !errors.Is(s.Err, errTest) || time.Since(s.Began) > 5*time.Second {
			t.Errorf("says %+v", s)
		}
		p.set(0, nil)
		pass(time.Minute)
		if got := a.gaps(); len(got) != 0 {
			t.Errorf("asks without an interface, %v s apart", got)
		}
		if s := b.State(); !errors.Is(s.Err, ErrNoNetwork) {
			t.Errorf("says %+v", s)
		}
		b.Close()
		b.Close()
	})
}

func TestBrowserTellsChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, p := &air{}, newPlaces("10.0.0.9")
		b := browseIn(t, a, p, Options{
			Allowed: func(a netip.Addr) error {
				if a == netip.MustParseAddr("10.9.9.9") {
					return errTest
				}
				return nil
			},
			Ignore: func(instance string) bool { return instance == "00000000000000ee" },
		})
		defer b.Close()
		changed := func() bool {
			select {
			case <-b.Changes():
				return true
			default:
				return false
			}
		}
		pass(time.Minute)
		if changed() || len(b.Sightings()) != 0 {
			t.Error("something was heard in silence")
		}
		a.set(nil,
			sound("00000000000000ee", "10.0.0.9", "v=1"),
			sound("My computer", "10.0.0.8", "v=1"),
			sound("00000000000000aa", "10.0.0.8", "x=1"),
			sound("00000000000000bb", "10.0.0.8", "v=2"),
			sound("00000000000000cc", "10.9.9.9", "v=1"),
			sound("00000000000000dd", "8.8.8.8", "v=1"))
		pass(15 * time.Second)
		if changed() || len(b.Sightings()) != 0 {
			t.Errorf("sighted %v", b.Sightings())
		}
		pass(4 * time.Second)
		if s := b.State(); s.Err != nil || s.OtherVersions != 1 {
			t.Errorf("says %+v", s)
		}
		a.set(nil, sound(laptop, "10.0.0.1", "v=1"), sound(studio, "10.0.0.2", "v=1", "p=1"))
		pass(15 * time.Second)
		heard := time.Now()
		if !changed() || changed() {
			t.Error("two that were heard are not one change")
		}
		if s := b.Sightings(); len(s) != 2 || s[0].Pairing || !s[1].Pairing || s[0].Instance != laptop {
			t.Errorf("sighted %v", s)
		}
		pass(45 * time.Second)
		if changed() {
			t.Error("hearing the same again is a change")
		}
		if s := b.Sightings(); len(s) != 2 || !s[0].Seen.After(heard) {
			t.Errorf("sighted %v", s)
		}
		a.set(errTest) // rounds that fail tell nothing, time does
		pass(lifetime - 20*time.Second)
		if len(b.Sightings()) != 2 || changed() {
			t.Error("they are gone too early")
		}
		pass(25 * time.Second)
		if len(b.Sightings()) != 0 || !changed() {
			t.Error("they are not gone after the time")
		}
	})
}

func TestBrowserForgetsAfterFastRounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &air{sounds: []answer{sound(laptop, "10.0.0.1", "v=1")}}
		b := browseIn(t, a, newPlaces("10.0.0.9"), Options{})
		b.SetFast(true)
		pass(10 * time.Second)
		a.set(nil)
		pass(roundsMissedMax * usualPace.fast)
		if len(b.Sightings()) != 1 {
			t.Error("it is gone too early")
		}
		pass(usualPace.fast)
		if len(b.Sightings()) != 0 {
			t.Error("it is there after many rounds without it")
		}
		b.Close()
		for range b.Changes() { // it was closed
		}
	})
}

func TestBrowserWithoutANetworkForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, p := &air{sounds: []answer{sound(laptop, "10.0.0.1", "v=1")}}, newPlaces("10.0.0.9")
		b := browseIn(t, a, p, Options{})
		defer b.Close()
		pass(10 * time.Second)
		p.set(0, nil) // the rounds at 15, 20 and so on find none
		pass(39 * time.Second)
		if len(b.Sightings()) != 1 {
			t.Error("it is gone too early")
		}
		pass(time.Second)
		if len(b.Sightings()) != 0 {
			t.Error("somebody is near where no network is")
		}
	})
}

func TestBrowserEndsARoundThatIsAFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &air{}
		for i := range 20_000 {
			a.sounds = append(a.sounds, sound(fmt.Sprintf("%016x", i), "10.0.0.1", "v=1"))
		}
		b := browseIn(t, a, newPlaces("10.0.0.9"), Options{})
		defer b.Close()
		pass(0)
		if n := len(b.Sightings()); n != instancesMax {
			t.Errorf("%d are sighted", n)
		}
		if s := b.State(); s.Began.IsZero() || s.Err != nil {
			t.Errorf("the round goes on: %+v", s)
		}
		if b.table.round != 0 {
			t.Error("a round that was cut short counts as held")
		}
		pass(31 * time.Second)
		if got := fmt.Sprint(a.gaps()); got != "[15 15]" {
			t.Errorf("rounds are %v s apart", got)
		}
	})
}
