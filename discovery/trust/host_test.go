package trust

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"croft/discovery/identity"
	"croft/discovery/lan"
)

// words streams a word every 5 ms until nobody listens, and tells when it has ended.
func words(ended chan<- identity.ID) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		defer func() { id, _ := Device(r.Context()); ended <- id }()
		for r.Context().Err() == nil {
			fmt.Fprintln(w, "word")
			w.(http.Flusher).Flush()
			time.Sleep(5 * time.Millisecond)
		}
	}
}

// open begins a request whose answer has begun.
func open(t testing.TB, c *http.Client, path string) io.ReadCloser {
	t.Helper()
	r, err := c.Get(Origin + path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Body.Close() })
	if _, err := io.ReadFull(r.Body, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	return r.Body
}

func TestARemovedDeviceIsCutOffInMidStream(t *testing.T) {
	goes, stays := newDevice(t), newDevice(t)
	ended := make(chan identity.ID, 8)
	h := newHouse(t, words(ended), pin(goes, stays))
	c := h.client(t, goes)
	gone, unread, kept := open(t, c, "/"), open(t, c, "/"), open(t, h.client(t, stays), "/")

	h.known.remove(goes.ID())
	begin := time.Now()
	h.Drop(goes.ID())
	for range 2 {
		if id := <-ended; id != goes.ID() {
			t.Errorf("the request of %v ended", id)
		}
	}
	for _, body := range []io.Reader{gone, unread} {
		if _, err := io.Copy(io.Discard, body); err == nil {
			t.Error("a stream that was cut seems whole")
		}
	}
	if took := time.Since(begin); took > time.Second {
		t.Errorf("cut off after %v", took)
	}
	if _, err := get(t, c, "/"); !errors.Is(err, ErrRefused) {
		t.Errorf("called again: %v, want %v", err, ErrRefused)
	}
	if _, err := io.ReadFull(kept, make([]byte, 100)); err != nil {
		t.Errorf("the other device's stream: %v", err)
	}
	if e := h.ledger.wait(t, lan.In); e.Outcome != "cut: the device was removed" || e.Device != goes.ID().String() {
		t.Errorf("the ledger holds %+v", e)
	}
}

// A device that does not read has a full window and full buffers: it must not hold up its own removal.
func TestARemovedDeviceThatDoesNotReadIsCutOff(t *testing.T) {
	me := newDevice(t)
	ended := make(chan identity.ID, 1)
	h := newHouse(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(w, endless{})
		ended <- identity.ID{}
	}, pin(me))
	open(t, h.client(t, me), "/")
	time.Sleep(100 * time.Millisecond)
	h.known.remove(me.ID())
	h.Drop(me.ID())
	select {
	case <-ended:
	case <-time.After(time.Second):
		t.Error("it is still being answered")
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestEachRequestIsAskedForAnew(t *testing.T) {
	me := newDevice(t)
	var asked atomic.Int32
	h := newHouse(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) }, pin(me))
	c := h.client(t, me)
	if _, err := get(t, c, "/"); err != nil {
		t.Fatal(err)
	}
	h.known.remove(me.ID()) // and nobody calls Drop
	if got, err := get(t, c, "/"); err == nil {
		t.Errorf("answered %q", got)
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("%d requests were answered, want 1", n)
	}
	eventually(t, "the connection to be closed", func() bool { return h.links(me.ID()) == 0 })
}

func TestRemovalWinsOverAnyHandshake(t *testing.T) {
	for range 20 {
		me := newDevice(t)
		h := newHouse(t, hello, pin(me))
		var all sync.WaitGroup
		for range 4 {
			c := h.client(t, me)
			all.Go(func() {
				for range 10 {
					if _, err := get(t, c, "/"); err != nil {
						return
					}
					c.CloseIdleConnections()
				}
			})
		}
		time.Sleep(5 * time.Millisecond)
		h.known.remove(me.ID())
		h.Drop(me.ID())
		all.Wait()
		eventually(t, "the last connection to go", func() bool { return h.links(me.ID()) == 0 })
		h.stop()
	}
}

func TestADeviceRemovedDuringItsHandshakeIsCutOff(t *testing.T) {
	known := pin()
	known.guests = 1 // removed between the handshake's question and the next
	h := newHouse(t, hello, known)
	c := dialTLS(t, h, newDevice(t))
	c.SetReadDeadline(time.Now().Add(2 * time.Second))
	if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the connection stays: %v", err)
	}
}

// Whatever the other end has sent by then, it hears why it is refused.
func TestARefusalIsHeard(t *testing.T) {
	h := newHouse(t, hello, pin())
	for range 5 {
		c := dialTLS(t, h, newDevice(t))
		c.Write(make([]byte, 32<<10))
		time.Sleep(20 * time.Millisecond)
		if _, err := c.Read(make([]byte, 1)); !isRefusal(err) {
			t.Fatalf("heard %v", err)
		}
	}
}

func TestServeEndsWithEverythingItBegan(t *testing.T) {
	before := runtime.NumGoroutine()
	me := newDevice(t)
	ended := make(chan identity.ID, 2)
	h := newHouse(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/all" {
			io.Copy(w, endless{})
			return
		}
		words(ended)(w, r)
	}, pin(me), func(l *limits) { l.handshake = time.Minute })
	c := h.client(t, me)
	stream := open(t, c, "/")
	flood(t, h, "127.0.0.1", 3)
	if _, err := io.WriteString(dialTLS(t, h, me), deaf); err != nil {
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond)
	begin := time.Now()
	h.stop()
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
	select {
	case <-ended:
	default:
		t.Error("Serve returned before a request had")
	}
	if _, err := io.Copy(io.Discard, stream); err == nil {
		t.Error("a stream that was cut seems whole")
	}
	if n := h.links(me.ID()); n > 0 {
		t.Errorf("%d connections are left", n)
	}
	if _, err := get(t, c, "/"); err == nil {
		t.Error("it still answers")
	}
	c.CloseIdleConnections()
	eventually(t, "all goroutines to end", func() bool { return runtime.NumGoroutine() <= before })
}

func TestAPanicIsToldAndEndsOneRequest(t *testing.T) {
	me := newDevice(t)
	h := newHouse(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bad" {
			panic("our own bug")
		}
		hello(w, r)
	}, pin(me))
	c := h.client(t, me)
	if got, err := get(t, c, "/bad"); err == nil {
		t.Errorf("answered %q", got)
	}
	if _, err := get(t, c, "/"); err != nil {
		t.Error(err)
	}
	eventually(t, "the panic in the log", func() bool { return strings.Contains(h.panics.String(), "our own bug") })
}

// relay passes one connection's bytes on until it is frozen, as a cable does until it is pulled.
type relay struct {
	net.Listener
	frozen, ended chan struct{}
}

func newRelay(t *testing.T, to netip.AddrPort) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{l, make(chan struct{}), make(chan struct{})}
	var all sync.WaitGroup
	pass := func(to, from net.Conn) {
		buf := make([]byte, 32<<10)
		for {
			n, err := from.Read(buf)
			select {
			case <-r.frozen:
				return
			default:
			}
			if _, broken := to.Write(buf[:n]); err != nil || broken != nil {
				return
			}
		}
	}
	all.Go(func() {
		in, err := l.Accept()
		if err != nil {
			return
		}
		defer in.Close()
		out, err := net.Dial("tcp", to.String())
		if err != nil {
			t.Error(err)
			return
		}
		defer out.Close()
		var both sync.WaitGroup
		both.Go(func() { pass(out, in) })
		both.Go(func() { pass(in, out) })
		both.Wait()
		<-r.ended
	})
	t.Cleanup(func() { close(r.ended); l.Close(); all.Wait() })
	return r
}

func TestADeviceThatHasGoneSilentIsGivenUp(t *testing.T) {
	me := newDevice(t)
	ended := make(chan identity.ID, 1)
	h := newHouse(t, words(ended), pin(me), func(l *limits) { l.stall = 2 * time.Second })
	cable := newRelay(t, h.at)
	c := NewClient(me, h.network, h.me.ID(), func() []netip.AddrPort {
		return []netip.AddrPort{cable.Addr().(*net.TCPAddr).AddrPort()}
	})
	t.Cleanup(c.CloseIdleConnections)
	stream := open(t, c, "/")
	begin := time.Now()
	close(cable.frozen)
	if _, err := io.Copy(io.Discard, stream); err == nil {
		t.Error("a stream that was cut seems whole")
	}
	if took := time.Since(begin); took > 6*time.Second {
		t.Errorf("given up after %v", took)
	}
	select {
	case <-ended: // the other side notices as well
	case <-time.After(10 * time.Second):
		t.Error("the device still answers nobody")
	}
}
