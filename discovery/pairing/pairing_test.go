package pairing

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"croft/discovery/identity"
	"croft/discovery/lan"
)

// TestMain fails when tests left goroutines behind.
func TestMain(m *testing.M) {
	before := runtime.NumGoroutine()
	code := m.Run()
	if flag.Lookup("test.fuzz").Value.String() != "" {
		os.Exit(code) // fuzzing keeps goroutines of its own
	}
	for deadline := time.Now().Add(3 * time.Second); code == 0 && runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<16)
			println(string(buf[:runtime.Stack(buf, true)]))
			code = 1
		}
	}
	os.Exit(code)
}

func device(t testing.TB) *identity.Private {
	t.Helper()
	me, err := identity.Open(filepath.Join(t.TempDir(), "device"))
	if err != nil {
		t.Fatal(err)
	}
	return me
}

// self is a network of this machine alone; its sockets are real.
func self() *lan.Network { return lan.New(lan.Options{Interfaces: lan.Self}) }

func openOffer(t testing.TB, me *identity.Private, o Options) *Offer {
	t.Helper()
	if o.About.Name == "" {
		o.About = About{Name: "Studio PC", Port: 4711}
	}
	offer, err := Open(t.Context(), me, self(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(offer.Close)
	return offer
}

func join(t testing.TB, me *identity.Private, o *Offer, code string) (*Candidate, error) {
	t.Helper()
	return Join(t.Context(), me, self(), o.Addrs()[0], code, About{Name: "Laptop"})
}

// wait is for what must come soon.
func wait(t testing.TB, o *Offer) *Candidate {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, err := o.Wait(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// meet joins by the right code and returns what the two sides see.
func meet(t testing.TB, shower, joiner *identity.Private, o *Offer) (atShower, atJoiner *Candidate) {
	t.Helper()
	atJoiner, err := join(t, joiner, o, o.Code())
	if err != nil {
		t.Fatal(err)
	}
	atShower = wait(t, o)
	checkCandidate(t, atShower, joiner, "Laptop", 0)
	checkCandidate(t, atJoiner, shower, "Studio PC", 4711)
	return atShower, atJoiner
}

func checkCandidate(t testing.TB, c *Candidate, is *identity.Private, name string, port uint16) {
	t.Helper()
	if c.ID != is.ID() || string(c.SPKI) != string(is.SPKI()) || c.Name != name || c.Address.Port() != port || !c.Address.Addr().IsLoopback() {
		t.Errorf("the candidate is %s %q at %v, want %s %q", c.ID.Short(), c.Name, c.Address, is.ID().Short(), name)
	}
}

// accept has both people say yes and checks what each is told.
func accept(t testing.TB, a, b *Candidate, byA, byB Rights) {
	t.Helper()
	var wg sync.WaitGroup
	for _, side := range []struct {
		c           *Candidate
		gives, gets Rights
	}{{a, byA, byB}, {b, byB, byA}} {
		wg.Go(func() {
			got, err := side.c.Accept(t.Context(), side.gives)
			if err != nil || got != side.gets {
				t.Errorf("Accept: %+v, %v; want %+v", got, err, side.gets)
			}
		})
	}
	wg.Wait()
}

func someRights() Rights {
	return Rights{Answers: rand.N(2) == 0, Models: rand.N(2) == 0, Notes: rand.N(2) == 0}
}

func TestHonestRuns(t *testing.T) {
	runs := 300
	if testing.Short() {
		runs = 30
	}
	shower, joiner := device(t), device(t)
	for range runs {
		o := openOffer(t, shower, Options{})
		atShower, atJoiner := meet(t, shower, joiner, o)
		accept(t, atShower, atJoiner, someRights(), someRights())
		o.Close()
	}
}

func TestHonestScan(t *testing.T) {
	shower, joiner := device(t), device(t)
	for range 20 {
		o := openOffer(t, shower, Options{Pause: Pause{Closings: 2}})
		atJoiner, err := Scan(t.Context(), joiner, self(), o.QR(), About{Name: "Laptop"})
		if err != nil {
			t.Fatal(err)
		}
		atShower := wait(t, o)
		checkCandidate(t, atShower, joiner, "Laptop", 0)
		checkCandidate(t, atJoiner, shower, "Studio PC", 4711)
		accept(t, atShower, atJoiner, someRights(), someRights())
		if p := o.Pause(); p != (Pause{}) {
			t.Errorf("after a success the pause is %+v", p)
		}
	}
}

// One success closes the window, though nobody was asked yet.
func TestSuccessClosesTheWindow(t *testing.T) {
	shower, joiner := device(t), device(t)
	o := openOffer(t, shower, Options{})
	atShower, atJoiner := meet(t, shower, joiner, o)
	if _, err := o.Wait(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("waiting again: %v", err)
	}
	eventually(t, func() bool {
		c, err := join(t, device(t), o, o.Code())
		return c == nil && err != nil
	})
	o.Close()
	accept(t, atShower, atJoiner, Rights{}, Rights{})
}

func eventually(t testing.TB, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not come true")
		}
	}
}

func TestOneRefuses(t *testing.T) {
	shower, joiner := device(t), device(t)
	for _, first := range []string{"refuse", "accept"} {
		a, b := meet(t, shower, joiner, openOffer(t, shower, Options{}))
		accepted := make(chan error, 1)
		say := func() {
			_, err := b.Accept(t.Context(), Rights{Answers: true})
			accepted <- err
		}
		if first == "accept" {
			go say()
			<-a.answered
		}
		if err := a.Refuse(t.Context()); err != nil {
			t.Error(err)
		}
		if first == "refuse" {
			<-b.Ended()
			go say()
		}
		if err := <-accepted; !errors.Is(err, ErrRefused) {
			t.Errorf("%s first: Accept says %v", first, err)
		}
		if _, err := a.Accept(t.Context(), Rights{}); !errors.Is(err, ErrDecided) {
			t.Errorf("accepted after refusing: %v", err)
		}
		if err := b.Refuse(t.Context()); !errors.Is(err, ErrDecided) {
			t.Errorf("refused after accepting: %v", err)
		}
	}
}

func TestDoneWithoutConsentIsRefused(t *testing.T) {
	shower, joiner := device(t), device(t)
	a, b := meet(t, shower, joiner, openOffer(t, shower, Options{}))
	if err := errors.Join(writeMessage(b.conn, kindAccept, []byte{7}), writeMessage(b.conn, kindDone, nil)); err != nil {
		t.Fatal(err)
	}
	<-a.Ended()
	if _, err := a.Accept(t.Context(), Rights{}); !errors.Is(err, ErrProtocol) {
		t.Errorf("Accept says %v", err)
	}
	_ = b.Refuse(t.Context())
}

func TestTheLedgerIsTold(t *testing.T) {
	var mu sync.Mutex
	var entries []lan.Entry
	network := lan.New(lan.Options{Interfaces: lan.Self, Record: func(e lan.Entry) {
		mu.Lock()
		defer mu.Unlock()
		entries = append(entries, e)
	}})
	shower, joiner := device(t), device(t)
	o, err := Open(t.Context(), shower, network, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Join(t.Context(), joiner, self(), o.Addrs()[0], wrong(o.Code()), About{}); !errors.Is(err, ErrCode) {
		t.Errorf("wrong code: %v", err)
	}
	s, err := connect(t.Context(), device(t), self(), o.Addrs()[0], anybody)
	if err != nil {
		t.Fatal(err)
	}
	err = writeMessage(s.conn, kindAccept, []byte{7}) // a key, and no guess
	if err == nil {
		_, err = expect(s.conn, kindShare)
	}
	if !errors.Is(err, ErrProtocol) {
		t.Errorf("no guess: %v", err)
	}
	s.raw.Close()
	o.Close()
	mu.Lock()
	defer mu.Unlock()
	if len(entries) != 2 || entries[1].Device != "" || entries[0].Device != joiner.ID().String() || entries[0].Purpose != purpose ||
		entries[0].Outcome != "refused: "+ErrCode.Error() || entries[0].BytesIn < 200 {
		t.Errorf("the ledger says %+v", entries)
	}
}

// wrong returns another code.
func wrong(code string) string {
	last := code[len(code)-1]
	return code[:len(code)-1] + strconv.Itoa(int(last-'0'+1)%10)
}

// memory is a door without sockets, for tests with their own time.
type memory struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
	mu    sync.Mutex
	addrs []netip.AddrPort
}

func newMemory() *memory {
	return &memory{
		conns: make(chan net.Conn), done: make(chan struct{}),
		addrs: []netip.AddrPort{netip.MustParseAddrPort("192.168.7.2:40000")},
	}
}

func (m *memory) Accept() (net.Conn, error) {
	select {
	case c := <-m.conns:
		return c, nil
	case <-m.done:
		return nil, net.ErrClosed
	}
}

func (m *memory) Addrs() []netip.AddrPort {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.addrs
}

func (m *memory) set(addrs ...netip.AddrPort) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.addrs = addrs
}

func (m *memory) Close() error {
	m.once.Do(func() { close(m.done) })
	return nil
}

// dial gives back the other end of a connection that the door accepts.
func (m *memory) dial(t testing.TB) net.Conn {
	t.Helper()
	here, there := net.Pipe()
	select {
	case m.conns <- there:
	case <-m.done:
		there.Close()
	}
	t.Cleanup(func() { here.Close() })
	return here
}

// client is a joiner's session over raw.
func client(t testing.TB, raw net.Conn, me *identity.Private) (*session, error) {
	t.Helper()
	return newSession(t.Context(), raw, tls.Client(raw, tlsConfig(me, anybody)), me, false)
}
