package trust

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"croft/discovery/identity"
)

func TestAReaderThatHasStoppedHoldsNobodyUp(t *testing.T) {
	me, other := newDevice(t), newDevice(t)
	stopped := make(chan error, 1)
	h := newHouse(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/all" {
			_, err := io.Copy(w, endless{})
			stopped <- err
			return
		}
		hello(w, r)
	}, pin(me, other), func(l *limits) { l.stall = 2 * time.Second })
	mine, others := h.client(t, me), h.client(t, other)
	open(t, mine, "/all")
	for range 20 {
		for _, c := range []*http.Client{mine, others} {
			if _, err := get(t, c, "/"); err != nil {
				t.Fatal(err)
			}
		}
	}
	select {
	case <-stopped:
		t.Error("the others were answered only once it had been given up")
	default:
	}
	select {
	case err := <-stopped:
		if err == nil {
			t.Error("all of what never ends was sent")
		}
	case <-time.After(5 * time.Second):
		t.Error("it was waited for without end")
	}
	if n := h.links(me.ID()); n != 1 {
		t.Errorf("%d connections, want the one that the other requests use", n)
	}
}

func TestSlownessIsNotStandstill(t *testing.T) {
	const stall = 300 * time.Millisecond
	me := newDevice(t)
	h := newHouse(t, func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadFull(r.Body, make([]byte, 1)); err != nil {
			t.Error(err)
		}
		time.Sleep(2 * stall) // a long think before the rest is read
		got, err := io.Copy(io.Discard, r.Body)
		if err != nil {
			t.Error(err)
		}
		time.Sleep(2 * stall) // and before the first word
		fmt.Fprintln(w, got)
		w.(http.Flusher).Flush()
		time.Sleep(2 * stall)
		if _, err := w.Write(make([]byte, 16<<20)); err != nil { // in one go, and more than all buffers
			t.Error(err)
		}
	}, pin(me), func(l *limits) { l.stall = stall })
	r, err := h.client(t, me).Post(Origin+"/", "text/plain", &trickle{pieces: 8, pause: stall / 3})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	n, err := io.Copy(&slowly{pause: stall / 6}, r.Body)
	if want := int64(16<<20 + len("7\n")); err != nil || n != want {
		t.Errorf("%d bytes, %v, want %d", n, err, want)
	}
}

// trickle gives a byte after each pause.
type trickle struct {
	pieces int
	pause  time.Duration
}

func (r *trickle) Read(p []byte) (int, error) {
	if r.pieces--; r.pieces < 0 {
		return 0, io.EOF
	}
	time.Sleep(r.pause)
	return copy(p, "x"), nil
}

// slowly pauses after each MiB.
type slowly struct {
	pause time.Duration
	n     int
}

func (w *slowly) Write(p []byte) (int, error) {
	if before := w.n >> 20; (w.n+len(p))>>20 > before {
		time.Sleep(w.pause)
	}
	w.n += len(p)
	return len(p), nil
}

func TestABodyThatStopsIsGivenUp(t *testing.T) {
	me := newDevice(t)
	failed := make(chan error, 1)
	h := newHouse(t, func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		failed <- err
	}, pin(me), func(l *limits) { l.stall = 200 * time.Millisecond })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	hold, let := io.Pipe()
	defer let.Close()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, Origin+"/", hold)
	if err != nil {
		t.Fatal(err)
	}
	c := h.client(t, me)
	go func() {
		if r, err := c.Do(r); err == nil {
			r.Body.Close()
		}
	}()
	select {
	case err := <-failed:
		if err == nil {
			t.Error("a body that never came was read")
		}
	case <-time.After(5 * time.Second):
		t.Error("it was waited for without end")
	}
}

func TestSizesAreBounded(t *testing.T) {
	me := newDevice(t)
	var asked atomic.Int32
	h := newHouse(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		n, err := io.Copy(io.Discard, r.Body)
		var large *http.MaxBytesError
		fmt.Fprint(w, n, errors.As(err, &large))
	}, pin(me))
	c := h.client(t, me)
	for size, want := range map[int]string{8 << 20: "8388608 false", 8<<20 + 1: "8388608 true"} {
		r, err := c.Post(Origin+"/", "text/plain", bytes.NewReader(make([]byte, size)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || string(got) != want {
			t.Errorf("a body of %d: %q, %v, want %q", size, got, err, want)
		}
	}
	asked.Store(0)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, Origin+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X", strings.Repeat("x", 20<<10))
	if r, err := c.Do(r); err == nil {
		r.Body.Close()
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("%d requests with a header of 20 KiB were answered", n)
	}
}

func TestRequestsAtOnceAreBounded(t *testing.T) {
	me := newDevice(t)
	var most atomic.Int32
	together, release := make(chan bool, 64), make(chan bool)
	let := sync.OnceFunc(func() { close(release) })
	defer let()
	h := newHouse(t, func(_ http.ResponseWriter, r *http.Request) {
		l := r.Context().Value(linkKey{}).(*link)
		l.host.mu.Lock()
		most.Store(max(most.Load(), int32(l.requests)))
		l.host.mu.Unlock()
		together <- true
		<-release
	}, pin(me))
	c := h.client(t, me)
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			if _, err := get(t, c, "/"); err != nil {
				t.Error(err)
			}
		})
	}
	for n := range 40 {
		select {
		case <-together:
		case <-time.After(5 * time.Second):
			t.Fatalf("%d of 40 requests are answered", n)
		}
	}
	let()
	all.Wait()
	if n := most.Load(); n != 16 {
		t.Errorf("%d requests at once on a connection, want 16", n)
	}
}

// dialTLS makes a connection of which nothing else takes care.
func dialTLS(t testing.TB, h *house, me *identity.Private) *tls.Conn {
	t.Helper()
	c, err := tls.Dial("tcp", h.at.String(), Client(me, h.me.ID()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.NetConn().Close() })
	return c
}

// preface is what HTTP/2 begins with, and an empty SETTINGS frame.
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"

// deaf asks for /all, allows as much of it as there is room for, and is said by one who then reads nothing.
const deaf = preface +
	"\x00\x00\x06\x04\x00\x00\x00\x00\x00" + "\x00\x04\x7f\xff\xff\xff" + // SETTINGS_INITIAL_WINDOW_SIZE
	"\x00\x00\x04\x08\x00\x00\x00\x00\x00" + "\x7f\x00\x00\x00" + // WINDOW_UPDATE
	"\x00\x00\x0d\x01\x05\x00\x00\x00\x01" + "\x82\x87\x44\x04/all\x41\x03abc" // HEADERS: GET https://abc/all

func TestConnectionsOfADeviceAreBounded(t *testing.T) {
	me, other := newDevice(t), newDevice(t)
	ended := make(chan identity.ID, 16)
	h := newHouse(t, words(ended), pin(me, other))
	busy := h.client(t, me)
	stream := open(t, busy, "/")
	for i := range 20 {
		c := dialTLS(t, h, me)
		if _, err := io.WriteString(c, preface); err != nil {
			t.Fatal(err)
		}
		c.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := c.Read(make([]byte, 1)); err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		if n := h.links(me.ID()); n > 8 {
			t.Fatalf("%d connections of one device", n)
		}
	}
	if _, err := io.ReadFull(stream, make([]byte, 100)); err != nil {
		t.Errorf("the one that is used: %v", err)
	}
	for range 7 { // the rest of them are used too
		open(t, h.client(t, me), "/")
	}
	if _, err := get(t, h.client(t, me), "/"); err == nil || errors.Is(err, ErrRefused) {
		t.Errorf("a ninth that is used: %v", err)
	}
	open(t, h.client(t, other), "/")
}

// flood opens connections that say nothing, from that address.
func flood(t *testing.T, h *house, from string, n int) (open []net.Conn) {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	for range n {
		c, err := d.Dial("tcp", h.at.String())
		if err != nil {
			t.Skipf("%s is no address of the loopback here: %v", from, err)
		}
		t.Cleanup(func() { c.Close() })
		open = append(open, c)
	}
	return open
}

func TestHandshakesAreBounded(t *testing.T) {
	me := newDevice(t)
	h := newHouse(t, hello, pin(me), func(l *limits) { l.handshake = 1500 * time.Millisecond })
	all := flood(t, h, "127.0.0.7", 60)
	all = append(all, flood(t, h, "127.0.0.8", 15)...)
	inFlight := func() int {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.inFlight
	}
	eventually(t, "the places to be taken", func() bool { return inFlight() == 16+15 })
	if got, err := get(t, h.client(t, me), "/"); err != nil {
		t.Errorf("while others knock: %q, %v", got, err)
	}
	all = append(all, flood(t, h, "127.0.0.9", 10)...)
	eventually(t, "all places to be taken", func() bool { return inFlight() == 32 })
	time.Sleep(100 * time.Millisecond)
	if n := inFlight(); n > 32 {
		t.Errorf("%d handshakes at once", n)
	}
	eventually(t, "the places to be free again", func() bool { return inFlight() == 0 })
	for _, c := range all {
		c.SetReadDeadline(time.Now().Add(5 * time.Second))
		if n, err := c.Read(make([]byte, 1)); n > 0 || err == nil {
			t.Fatalf("who said nothing was answered %d bytes, %v", n, err)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.handshakes) > 0 {
		t.Errorf("%v is still counted", h.handshakes)
	}
}

func TestAScanGetsNothing(t *testing.T) {
	h := newHouse(t, hello, pin(), func(l *limits) { l.handshake = 300 * time.Millisecond })
	for name, sent := range map[string]string{
		"HTTP":      "GET / HTTP/1.1\r\nHost: croft\r\n\r\n",
		"HTTP/2":    preface,
		"SSH":       "SSH-2.0-OpenSSH_9.9\r\n",
		"zeros":     strings.Repeat("\x00", 200),
		"SSLv2":     "\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + strings.Repeat("\x01", 40),
		"one byte":  "\x16",
		"a promise": "\x16\x03\x01\xff\xff",
	} {
		c, err := net.Dial("tcp", h.at.String())
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, sent)
		c.SetReadDeadline(time.Now().Add(5 * time.Second))
		got, err := io.ReadAll(c)
		c.Close()
		// 0x15 is a TLS alert.
		if len(got) > 7 || len(got) > 0 && got[0] != 0x15 || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: answered %q, %v", name, got, err)
		}
	}
}
