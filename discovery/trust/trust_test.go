package trust

import (
	"bytes"
	"context"
	"flag"
	"log"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"croft/discovery/identity"
	"croft/discovery/lan"
)

// Every test leaves no goroutine behind; those of closed connections get a moment to end.
func TestMain(m *testing.M) {
	before := runtime.NumGoroutine()
	code := m.Run()
	if flag.Lookup("test.fuzz").Value.String() != "" {
		os.Exit(code) // fuzzing keeps goroutines of its own
	}
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before && code == 0 {
		stacks := make([]byte, 1<<20)
		os.Stderr.Write(stacks[:runtime.Stack(stacks, true)])
		log.Printf("%d goroutines were left behind", n-before)
		code = 1
	}
	os.Exit(code)
}

func newDevice(t testing.TB) *identity.Private {
	t.Helper()
	p, err := identity.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// pins are the devices that a test's host knows.
type pins struct {
	mu     sync.Mutex
	ids    map[identity.ID]bool
	guests int // how often anybody else is known
}

func pin(all ...*identity.Private) *pins {
	p := &pins{ids: map[identity.ID]bool{}}
	for _, one := range all {
		p.ids[one.ID()] = true
	}
	return p
}

func (p *pins) Knows(id identity.ID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ids[id] && p.guests > 0 {
		p.guests--
		return true
	}
	return p.ids[id]
}

func (p *pins) remove(id identity.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.ids, id)
}

// text is a log that is read while it is written.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *text) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *text) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// entries are a ledger.
type entries struct {
	mu  sync.Mutex
	all []lan.Entry
}

func (e *entries) record(entry lan.Entry) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, entry)
}

// wait returns the first entry in that direction, once there is one.
func (e *entries) wait(t testing.TB, direction lan.Direction) (found lan.Entry) {
	t.Helper()
	eventually(t, "a ledger entry "+string(direction), func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		for _, entry := range e.all {
			if entry.Direction == direction {
				found = entry
				return true
			}
		}
		return false
	})
	return found
}

func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// house is a device that answers, on the loopback.
type house struct {
	*Host
	me      *identity.Private
	known   *pins
	network *lan.Network
	ledger  *entries
	at      netip.AddrPort
	stop    func() // Serve has returned after it
	panics  *text
}

func newHouse(t testing.TB, handler http.HandlerFunc, known *pins, bounds ...func(*limits)) *house {
	t.Helper()
	h := &house{me: newDevice(t), known: known, ledger: &entries{}, panics: &text{}}
	h.network = lan.New(lan.Options{Interfaces: lan.Self, Record: h.ledger.record})
	h.Host = NewHost(h.me, known, handler, log.New(h.panics, "", 0))
	for _, set := range bounds {
		set(&h.limits)
	}
	listener, err := h.network.Listen(t.Context(), 0, "device")
	if err != nil {
		t.Fatal(err)
	}
	h.at = listener.Addrs()[0]
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := h.Serve(ctx, listener); err != nil {
			t.Error(err)
		}
	})
	h.stop = func() { cancel(); serving.Wait() }
	t.Cleanup(h.stop)
	return h
}

// client calls the house as that device.
func (h *house) client(t testing.TB, me *identity.Private) *http.Client {
	t.Helper()
	c := NewClient(me, h.network, h.me.ID(), func() []netip.AddrPort { return []netip.AddrPort{h.at} })
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func (h *house) links(id identity.ID) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.Host.links[id])
}
