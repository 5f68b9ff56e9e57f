package lan

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// book keeps what Networks record.
type book struct {
	mu      sync.Mutex
	entries []Entry
}

func (b *book) record(e Entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries = append(b.entries, e)
}

func (b *book) all() []Entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Entry(nil), b.entries...)
}

// place is a list of interfaces that changes.
type place struct {
	mu   sync.Mutex
	list []Interface
	err  error
}

func at(list ...Interface) *place { return &place{list: list} }

func (p *place) interfaces() ([]Interface, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.list, p.err
}

func (p *place) move(list ...Interface) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = list
}

func (p *place) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
}

var loopback = iface("lo", "127.0.0.1/8", "::1/128")

// eventually fails when cond does not hold within seconds.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !cond(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// noLeaks fails when goroutines are left at the end of the test.
func noLeaks(t *testing.T) {
	t.Helper()
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		eventually(t, "all goroutines gone", func() bool { return runtime.NumGoroutine() <= before })
	})
}

func listen(t *testing.T, n *Network) *Listener {
	t.Helper()
	l, err := n.Listen(t.Context(), 0, "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// accept returns the next connection.
func accept(t *testing.T, l *Listener) *Conn {
	t.Helper()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*Conn)
}

func dial(t *testing.T, n *Network, to netip.AddrPort) *Conn {
	t.Helper()
	c, err := n.Dial(t.Context(), to, "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	impatient(t, c)
	return c
}

// dialFrom connects without any rule, from the address of choice.
func dialFrom(t *testing.T, from string, to netip.AddrPort) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	c, err := d.DialContext(t.Context(), "tcp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	impatient(t, c)
	return c
}

// impatient has reads and writes fail that should have ended by themselves.
func impatient(t *testing.T, c net.Conn) {
	t.Helper()
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
}

func needsLoopbackNetwork(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has all of 127.0.0.0/8")
	}
}

func TestBothEndsCountEveryByte(t *testing.T) {
	noLeaks(t)
	for _, p := range []string{"127.0.0.1/8", "::1/128"} {
		t.Run(p, func(t *testing.T) {
			var here, there book
			list := at(iface("lo", p)).interfaces
			l := listen(t, New(Options{Interfaces: list, Record: there.record}))
			if len(l.Addrs()) == 0 {
				t.Skip("this machine has no such address")
			}
			n := New(Options{Interfaces: list, Record: here.record})
			out, err := n.Dial(ForDevice(t.Context(), "meant"), l.Addrs()[0], "greeting")
			if err != nil {
				t.Fatal(err)
			}
			in := accept(t, l)
			exchange(t, out, in)
			in.SetDevice("the other")
			in.Close()
			out.Close()
			out.Close()
			wantEntry(t, &here, Entry{Direction: Out, Device: "meant", Address: l.Addrs()[0], Purpose: "greeting", BytesIn: 3, BytesOut: 100_000, Outcome: Done})
			wantEntry(t, &there, Entry{
				Direction: In, Device: "the other", Purpose: "test", BytesIn: 100_000, BytesOut: 3, Outcome: Done,
				Address: out.LocalAddr().(*net.TCPAddr).AddrPort(),
			})
		})
	}
}

// exchange sends 100,000 bytes from out to in and 3 back.
func exchange(t *testing.T, out, in net.Conn) {
	t.Helper()
	go func() { _, _ = out.Write(make([]byte, 100_000)) }()
	if n, err := io.CopyN(io.Discard, in, 100_000); err != nil {
		t.Fatalf("after %d bytes: %v", n, err)
	}
	if _, err := in.Write([]byte("yes")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
}

// wantEntry fails unless want is all that b holds, its time being recent.
func wantEntry(t *testing.T, b *book, want Entry) {
	t.Helper()
	eventually(t, "an entry in the ledger", func() bool { return len(b.all()) > 0 })
	all := b.all()
	if age := time.Since(all[0].Time); age < 0 || age > time.Minute {
		t.Errorf("the entry is of %v ago", age)
	}
	want.Time = all[0].Time
	if len(all) != 1 || all[0] != want {
		t.Errorf("got  %+v\nwant %+v", all, want)
	}
}

func TestDialRefusesBeforeThereIsASocket(t *testing.T) {
	noLeaks(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var b book
	n := New(Options{Interfaces: at(iface("eth0", "192.168.1.2/24")).interfaces, Record: b.record})
	to := l.Addr().(*net.TCPAddr).AddrPort()
	_, err = n.Dial(t.Context(), to, "test")
	wantRefused(t, err, ErrOffLink)
	wantEntry(t, &b, Entry{Direction: Out, Address: to, Purpose: "test", Outcome: "refused: " + ErrOffLink.Error()})
	if err := l.(*net.TCPListener).SetDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if c, err := l.Accept(); err == nil {
		t.Errorf("somebody connected: %v", c.RemoteAddr())
	}
}

// The socket itself is checked, not only what was asked for: the interface may
// have gone in between.
func TestDialChecksTheSocketAgain(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	calls := 0
	n := New(Options{Interfaces: func() ([]Interface, error) {
		if calls++; calls > 1 {
			return nil, nil
		}
		return []Interface{loopback}, nil
	}})
	_, err = n.Dial(t.Context(), l.Addr().(*net.TCPAddr).AddrPort(), "test")
	wantRefused(t, err, ErrOffLink)
	if calls != 2 {
		t.Errorf("the interfaces were looked at %d times, want twice", calls)
	}
}

func TestDialTellsWhyItFailed(t *testing.T) {
	noLeaks(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	to := l.Addr().(*net.TCPAddr).AddrPort()
	l.Close()
	var b book
	p := at(loopback)
	n := New(Options{Interfaces: p.interfaces, Record: b.record})
	if _, err := n.Dial(t.Context(), to, "test"); err == nil || !strings.Contains(err.Error(), to.String()) {
		t.Errorf("nobody listens there, got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := n.Dial(ctx, to, "test"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was cancelled", err)
	}
	wrong := errors.New("not permitted")
	p.fail(wrong)
	if _, err := n.Dial(t.Context(), to, "test"); !errors.Is(err, wrong) {
		t.Errorf("got %v, want what the system said", err)
	}
	for _, e := range b.all() {
		if !strings.HasPrefix(e.Outcome, "failed: ") || e.BytesOut != 0 {
			t.Errorf("recorded %+v", e)
		}
	}
	if len(b.all()) != 3 {
		t.Errorf("%d entries for three attempts", len(b.all()))
	}
}

func TestConnectionsAreCutWhenTheNetworkIsGone(t *testing.T) {
	noLeaks(t)
	var b book
	p := at(loopback)
	l := listen(t, New(Options{Interfaces: Self}))
	n := New(Options{Interfaces: p.interfaces, Record: b.record, Poll: 10 * time.Millisecond})
	c := dial(t, n, l.Addrs()[0])
	accept(t, l)
	time.Sleep(50 * time.Millisecond)
	if len(b.all()) > 0 {
		t.Fatalf("cut though nothing changed: %+v", b.all())
	}
	p.fail(errors.New("for a moment"))
	time.Sleep(50 * time.Millisecond)
	if len(b.all()) > 0 {
		t.Fatalf("cut though nothing is known: %+v", b.all())
	}
	p.fail(nil)
	p.move(down(loopback))
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("reading got %v, want that it is closed", err)
	}
	wantEntry(t, &b, Entry{Direction: Out, Address: l.Addrs()[0], Purpose: "test", Outcome: "cut: " + ErrOffLink.Error()})
}

func TestConnectionsAreCutWhenTheVPNIsNoLongerAllowed(t *testing.T) {
	noLeaks(t)
	tunnel := at(pointToPoint(loopback)).interfaces
	n := New(Options{Interfaces: tunnel, VPN: true, Poll: 10 * time.Millisecond})
	l := listen(t, n)
	c := dial(t, n, l.Addrs()[0])
	in := accept(t, l)
	n.SetVPN(false)
	if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("reading got %v, want that it is closed", err)
	}
	eventually(t, "no address listened on", func() bool { return len(l.Addrs()) == 0 })
	_, err := n.Dial(t.Context(), in.Remote(), "test")
	wantRefused(t, err, ErrVPN)
}

func TestOutcomeIsTheFirstThatWasTold(t *testing.T) {
	var b book
	n := New(Options{Interfaces: Self, Record: b.record})
	l := listen(t, New(Options{Interfaces: Self}))
	c := dial(t, n, l.Addrs()[0])
	c.SetPurpose("talk")
	c.SetOutcome("refused: not one of my devices")
	c.SetOutcome("failed: broken pipe")
	c.Close()
	wantEntry(t, &b, Entry{Direction: Out, Address: l.Addrs()[0], Purpose: "talk", Outcome: "refused: not one of my devices"})
}

// The module's law about who may import net has an exception for this package;
// inside it, sockets are made where the rule is applied and nowhere else.
func TestSocketsAreMadeInThreePlaces(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source found: %v", err)
	}
	found := map[string]int{}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		source, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, maker := range []string{"net.Dialer", "net.ListenConfig", "net.Dial(", "net.Listen(", "net.DialTCP", "net.ListenTCP", "net.ListenPacket", "net.ListenUDP", "net.DialUDP", "unix.Socket(", "Resolver", "net.Lookup"} {
			if c := strings.Count(string(source), maker); c > 0 {
				found[f+" "+maker] = c
			}
		}
	}
	// Those of the third speak to the kernel alone.
	want := map[string]int{"network.go net.Dialer": 2, "listen.go net.ListenConfig": 1, "addresses_linux.go unix.Socket(": 2}
	for k, v := range found {
		if want[k] != v {
			t.Errorf("%s: %d times, want %d", k, v, want[k])
		}
	}
	if len(found) != len(want) {
		t.Errorf("found %v, want %v", found, want)
	}
}

// lateConn reports what it wrote only some time after it was closed.
type lateConn struct {
	net.Conn
	writing, closed chan struct{}
}

func (c *lateConn) Write(p []byte) (int, error) {
	close(c.writing)
	<-c.closed
	time.Sleep(50 * time.Millisecond)
	return len(p), nil
}

func (c *lateConn) Close() error {
	close(c.closed)
	return nil
}

func TestBytesThatMoveDuringCloseAreCounted(t *testing.T) {
	noLeaks(t)
	var b book
	late := &lateConn{writing: make(chan struct{}), closed: make(chan struct{})}
	c := &Conn{Conn: late, network: New(Options{Record: b.record}), entry: Entry{Time: time.Now(), Direction: Out}}
	go func() { _, _ = c.Write(make([]byte, 7)) }()
	<-late.writing
	c.Close()
	wantEntry(t, &b, Entry{Direction: Out, BytesOut: 7, Outcome: Done})
}
