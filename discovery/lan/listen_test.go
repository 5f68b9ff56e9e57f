package lan

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestListenerHasOnePortOnEachAddress(t *testing.T) {
	needsLoopbackNetwork(t)
	noLeaks(t)
	n := New(Options{Interfaces: at(
		iface("a", "127.0.0.1/8", "::1/128"), iface("b", "127.1.0.1/16"), down(iface("c", "127.2.0.1/16")),
		pointToPoint(iface("d", "127.3.0.1/16")), iface("e", "203.0.113.1/24"),
	).interfaces})
	l := listen(t, n)
	var got []string
	for _, a := range l.Addrs() {
		got = append(got, a.Addr().String())
		if a.Port() != l.Port() || a.Port() == 0 {
			t.Errorf("%v has another port than %d", a, l.Port())
		}
	}
	if s := strings.Join(got, " "); s != "127.0.0.1 127.1.0.1 ::1" && s != "127.0.0.1 127.1.0.1" {
		t.Errorf("listens on %s", s)
	}
	if a := l.Addr().String(); a != l.Addrs()[0].String() {
		t.Errorf("Addr says %s", a)
	}
}

func TestListenerFollowsTheAddresses(t *testing.T) {
	needsLoopbackNetwork(t)
	noLeaks(t)
	p := at()
	n := New(Options{Interfaces: p.interfaces, Poll: 10 * time.Millisecond})
	l := listen(t, n)
	if len(l.Addrs()) != 0 || l.Port() != 0 {
		t.Fatalf("listens on %v where there is no network", l.Addrs())
	}
	if l.Addr().String() != ":0" {
		t.Errorf("Addr says %v", l.Addr())
	}
	p.move(iface("lo", "127.0.0.1/8"))
	eventually(t, "the first address", func() bool { return len(l.Addrs()) == 1 })
	first := l.Addrs()[0]
	old := dial(t, n, first)
	accept(t, l)
	p.move(iface("lo", "127.0.0.7/8"))
	moved := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.7"), first.Port())
	eventually(t, "the new address", func() bool { return len(l.Addrs()) == 1 && l.Addrs()[0] == moved })
	if _, err := net.Dial("tcp", first.String()); err == nil {
		t.Error("the old address still answers")
	}
	dialFrom(t, "127.0.0.7", moved)
	accept(t, l)
	// Both ends are on-link still: the connection was not the socket's.
	time.Sleep(50 * time.Millisecond)
	if _, err := old.Write([]byte("x")); err != nil {
		t.Errorf("the connection from before: %v", err)
	}
	p.move()
	eventually(t, "no address", func() bool { return len(l.Addrs()) == 0 })
	if l.Port() != first.Port() {
		t.Errorf("the port is %d now, was %d", l.Port(), first.Port())
	}
}

func TestOffLinkCallersAreCutOffUnread(t *testing.T) {
	needsLoopbackNetwork(t)
	noLeaks(t)
	var b book
	n := New(Options{Interfaces: at(iface("lo", "127.0.0.1/24")).interfaces, Record: b.record})
	l := listen(t, n)
	knock(t, "127.0.1.1", l.Addrs()[0])
	// Accept would have returned the stranger first.
	friend := dialFrom(t, "127.0.0.2", l.Addrs()[0])
	if c := accept(t, l); c.RemoteAddr().String() != friend.LocalAddr().String() {
		t.Errorf("accepted %v", c.RemoteAddr())
	}
	all := b.all()
	if len(all) != 1 || all[0].Address.Addr().String() != "127.0.1.1" || all[0].Outcome != "refused: "+ErrOffLink.Error() || all[0].BytesIn+all[0].BytesOut > 0 {
		t.Errorf("recorded %+v", all)
	}
}

// knock connects, says something, and expects to be cut off without a word.
func knock(t *testing.T, from string, to netip.AddrPort) {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	c, err := d.DialContext(t.Context(), "tcp", to.String())
	if err != nil && (strings.Contains(err.Error(), "reset") || strings.Contains(err.Error(), "forcibly closed")) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	impatient(t, c)
	_, _ = c.Write([]byte("let me in"))
	if got, err := io.ReadAll(c); len(got) > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the stranger was told %q, %v", got, err)
	}
}

func TestNobodyIsLetInWhileTheInterfacesAreUnknown(t *testing.T) {
	noLeaks(t)
	var b book
	p := at(loopback)
	n := New(Options{Interfaces: p.interfaces, Record: b.record})
	l := listen(t, n)
	p.fail(errors.New("not permitted"))
	time.Sleep(listAgeMax)
	knock(t, "127.0.0.1", l.Addrs()[0])
	eventually(t, "an entry in the ledger", func() bool { return len(b.all()) == 1 })
	if e := b.all()[0]; e.Outcome != "failed: not permitted" {
		t.Errorf("recorded %+v", e)
	}
}

func TestListenTellsThatThePortIsTaken(t *testing.T) {
	noLeaks(t)
	n := New(Options{Interfaces: Self})
	l := listen(t, n)
	_, err := n.Listen(t.Context(), l.Port(), "test")
	if err == nil || !strings.Contains(err.Error(), "another program uses this port") {
		t.Errorf("got %v", err)
	}
	if _, err := New(Options{Interfaces: at().interfaces}).Listen(t.Context(), 0, "test"); err != nil {
		t.Errorf("no network is no error, got %v", err)
	}
	p := at()
	p.fail(errors.New("not permitted"))
	if _, err := New(Options{Interfaces: p.interfaces}).Listen(t.Context(), 0, "test"); err == nil {
		t.Error("a list that cannot be had is an error, got none")
	}
}

// An address that comes later may have the port taken; the others go on, and
// Problem tells.
func TestListenerTellsWhatItCannotListenOn(t *testing.T) {
	needsLoopbackNetwork(t)
	noLeaks(t)
	p := at(iface("lo", "127.0.0.1/8"))
	l := listen(t, New(Options{Interfaces: p.interfaces, Poll: 10 * time.Millisecond}))
	other, err := net.Listen("tcp", net.JoinHostPort("127.0.0.9", strconv.Itoa(int(l.Port()))))
	if err != nil {
		t.Fatal(err)
	}
	p.move(iface("lo", "127.0.0.1/8", "127.0.0.9/8"))
	eventually(t, "a problem", func() bool { return l.Problem() != nil })
	if !errors.Is(l.Problem(), errPortTaken) || len(l.Addrs()) != 1 {
		t.Errorf("listens on %v, problem %v", l.Addrs(), l.Problem())
	}
	other.Close()
	eventually(t, "both addresses", func() bool { return len(l.Addrs()) == 2 && l.Problem() == nil })
}

// With port 0 the first socket's port may be taken on another address.
func TestListenerChoosesAPortThatIsFreeEverywhere(t *testing.T) {
	needsLoopbackNetwork(t)
	noLeaks(t)
	p := at(iface("lo", "127.0.0.1/8"), iface("lo", "127.0.0.2/8"), iface("lo", "127.0.0.3/8"))
	for range 50 {
		l := listen(t, New(Options{Interfaces: p.interfaces}))
		if len(l.Addrs()) != 3 {
			t.Fatalf("listens on %v", l.Addrs())
		}
	}
}

func TestListenerEndsWithItsContext(t *testing.T) {
	noLeaks(t)
	ctx, cancel := context.WithCancel(t.Context())
	n := New(Options{Interfaces: Self})
	l, err := n.Listen(ctx, 0, "test")
	if err != nil {
		t.Fatal(err)
	}
	to := l.Addrs()[0]
	waiting := make(chan error)
	go func() {
		_, err := l.Accept()
		waiting <- err
	}()
	cancel()
	if err := <-waiting; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept returned %v", err)
	}
	l.Close()
	l.Close()
	if _, err := net.Dial("tcp", to.String()); err == nil {
		t.Error("it still listens")
	}
}

// A connection that nobody accepts does not keep Close waiting, and is closed.
func TestCloseWithAConnectionInHand(t *testing.T) {
	noLeaks(t)
	var b book
	n := New(Options{Interfaces: Self, Record: b.record})
	l := listen(t, n)
	c := dialFrom(t, "127.0.0.1", l.Addrs()[0])
	eventually(t, "the connection in hand", func() bool { return len(n.open()) == 1 })
	l.Close()
	if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection still lives")
	}
	if all := b.all(); len(all) != 1 || !strings.HasPrefix(all[0].Outcome, "refused: ") {
		t.Errorf("recorded %+v", all)
	}
}

func TestLoopbackIsForThisMachineOnly(t *testing.T) {
	noLeaks(t)
	l, err := Loopback(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	for _, a := range l.(*Listener).Addrs() {
		if !a.Addr().IsLoopback() {
			t.Errorf("listens on %v", a)
		}
		c := dialFrom(t, a.Addr().String(), a)
		in, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		in.Close()
		c.Close()
	}
	list, err := System()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		for _, p := range i.Prefixes {
			to := netip.AddrPortFrom(p.Addr(), uint16(port))
			if c, err := net.DialTimeout("tcp", to.String(), time.Second); err == nil && !p.Addr().IsLinkLocalUnicast() {
				c.Close()
				t.Errorf("%v answers on the programs' port", to)
			}
		}
	}
	if _, err := Loopback(t.Context(), uint16(port)); err == nil {
		t.Error("the same port twice")
	}
}
