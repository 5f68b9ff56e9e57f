package trust

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"croft/discovery/identity"
	"croft/discovery/lan"
)

func hello(w http.ResponseWriter, r *http.Request) {
	id, ok := Device(r.Context())
	fmt.Fprintf(w, "%v %v %s", id, ok, r.Proto)
}

func get(t testing.TB, c *http.Client, path string) (string, error) {
	t.Helper()
	r, err := c.Get(Origin + path)
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return string(b), err
}

func TestAKnownDeviceIsAnsweredByName(t *testing.T) {
	me := newDevice(t)
	h := newHouse(t, hello, pin(me))
	c := h.client(t, me)
	got, err := get(t, c, "/")
	if want := fmt.Sprintf("%v true HTTP/2.0", me.ID()); err != nil || got != want {
		t.Errorf("answer %q, %v, want %q", got, err, want)
	}
	c.CloseIdleConnections()
	for direction, device := range map[lan.Direction]identity.ID{lan.In: me.ID(), lan.Out: h.me.ID()} {
		if e := h.ledger.wait(t, direction); e.Device != device.String() || e.Outcome != lan.Done || e.BytesIn == 0 {
			t.Errorf("the ledger holds %+v, want device %v", e, device.Short())
		}
	}
	if _, ok := Device(t.Context()); ok {
		t.Error("a context of nobody's names a device")
	}
}

func TestAnUnknownDeviceIsRefused(t *testing.T) {
	me := newDevice(t)
	h := newHouse(t, hello, pin())
	for range 10 { // each time in these words, however the closing of the connection races with the request
		got, err := get(t, h.client(t, me), "/")
		if !errors.Is(err, ErrRefused) {
			t.Fatalf("answer %q, %v, want %v", got, err, ErrRefused)
		}
	}
	if e := h.ledger.wait(t, lan.In); !strings.HasPrefix(e.Outcome, "refused: device "+me.ID().Short()) {
		t.Errorf("the ledger holds %+v", e)
	}
}

func TestAnotherDeviceAtTheAddressIsRefused(t *testing.T) {
	me, other := newDevice(t), newDevice(t)
	asked := false
	h := newHouse(t, func(http.ResponseWriter, *http.Request) { asked = true }, pin(me))
	c := NewClient(me, h.network, other.ID(), func() []netip.AddrPort { return []netip.AddrPort{h.at} })
	_, err := get(t, c, "/")
	var wrong *WrongDeviceError
	if !errors.As(err, &wrong) || wrong.Got != h.me.ID() || wrong.Want != other.ID() {
		t.Errorf("error %v", err)
	}
	h.stop()
	if asked {
		t.Error("it was asked nevertheless")
	}
	if e := h.ledger.wait(t, lan.Out); !strings.HasPrefix(e.Outcome, "refused: another device") {
		t.Errorf("the ledger holds %+v", e)
	}
}

// certificateOf makes what another program could show, with the key's certificate in any dates.
func certificateOf(t testing.TB, public, private any, from, to time.Time) tls.Certificate {
	t.Helper()
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: from, NotAfter: to}
	der, err := x509.CreateCertificate(rand.Reader, c, c, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}
}

// shown are the certificates that no device may show, though the ids of all their keys are known.
func shown(t testing.TB, me *identity.Private) map[string][]tls.Certificate {
	t.Helper()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	mine, two, strange := me.Certificate(), me.Certificate(), me.Certificate()
	two.Certificate = [][]byte{mine.Certificate[0], newDevice(t).Certificate().Certificate[0]}
	strange.PrivateKey = newDevice(t).Certificate().PrivateKey // whose certificate was only overheard
	return map[string][]tls.Certificate{
		"none":           {},
		"two":            {two},
		"ECDSA":          {certificateOf(t, ec.Public(), ec, now, now.Add(time.Hour))},
		"RSA":            {certificateOf(t, rs.Public(), rs, now, now.Add(time.Hour))},
		"without key":    {strange},
		"unknown device": {newDevice(t).Certificate()},
	}
}

// all knows whatever has a key: so it is the form that is refused.
type all struct{ but map[identity.ID]bool }

func (a all) Knows(id identity.ID) bool { return !a.but[id] }

func idOf(c []tls.Certificate) identity.ID {
	if len(c) == 0 {
		return identity.ID{}
	}
	leaf, _ := x509.ParseCertificate(c[0].Certificate[0])
	return identity.Of(leaf.RawSubjectPublicKeyInfo)
}

// shake lets two ends meet and returns what each makes of it: the server after its handshake, the client after it has read.
func shake(t testing.TB, server, client *tls.Config) (state tls.ConnectionState, serverErr, clientErr error) {
	t.Helper()
	a, b := socketPair(t)
	done := make(chan error, 1)
	go func() {
		s := tls.Server(a, server)
		err := s.Handshake()
		if err == nil {
			state = s.ConnectionState()
			_, err = s.Write([]byte("!"))
		}
		done <- err
	}()
	_, clientErr = tls.Client(b, client).Read(make([]byte, 1))
	serverErr = <-done
	a.Close()
	b.Close()
	for _, err := range []error{serverErr, clientErr} {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("an end waited for the other: %v", err)
		}
	}
	return state, serverErr, clientErr
}

func socketPair(t testing.TB) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if b, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if a, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []net.Conn{a, b} {
		t.Cleanup(func() { c.Close() })
		c.SetDeadline(time.Now().Add(5 * time.Second))
	}
	return a, b
}

func TestOnlyCertificatesOfDevicesOpenTheDoor(t *testing.T) {
	me, host := newDevice(t), newDevice(t)
	for name, certificates := range shown(t, me) {
		known := all{but: map[identity.ID]bool{}}
		if name == "unknown device" {
			known.but[idOf(certificates)] = true
		}
		c := Client(me, host.ID())
		c.Certificates = certificates
		if _, err, _ := shake(t, Server(host, known), c); err == nil {
			t.Errorf("%s: the server accepts it", name)
		}
		if name == "none" {
			continue // a server must have one
		}
		s := Server(host, known)
		s.Certificates = certificates
		expected := idOf(certificates)
		if name == "unknown device" {
			expected = host.ID()
		}
		if _, _, err := shake(t, s, Client(me, expected)); err == nil {
			t.Errorf("%s: the client accepts it", name)
		}
	}
}

func TestDatesMeanNothing(t *testing.T) {
	me, host := newDevice(t), newDevice(t)
	past := time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)
	c, s := Client(me, host.ID()), Server(host, pin(me))
	for _, config := range []*tls.Config{c, s} {
		key := config.Certificates[0].PrivateKey.(ed25519.PrivateKey)
		config.Certificates = []tls.Certificate{certificateOf(t, key.Public(), key, past, past)}
	}
	if _, server, client := shake(t, s, c); server != nil || client != nil {
		t.Errorf("refused: %v, %v", server, client)
	}
}

func TestOnlyTheOneProtocolIsSpoken(t *testing.T) {
	me, host := newDevice(t), newDevice(t)
	for name, change := range map[string]func(*tls.Config){
		"TLS 1.2":   func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS12, tls.VersionTLS12 },
		"HTTP/1.1":  func(c *tls.Config) { c.NextProtos = []string{"http/1.1"} },
		"no choice": func(c *tls.Config) { c.NextProtos = nil },
	} {
		c, s := Client(me, host.ID()), Server(host, pin(me))
		change(c)
		c.VerifyConnection = nil
		if _, err, _ := shake(t, s, c); err == nil {
			t.Errorf("%s: the server accepts it", name)
		}
		c, s = Client(me, host.ID()), Server(host, pin(me))
		change(s)
		s.VerifyConnection = nil
		if _, _, err := shake(t, s, c); err == nil {
			t.Errorf("%s: the client accepts it", name)
		}
	}
	if _, server, client := shake(t, Server(host, pin(me)), Client(me, host.ID())); server != nil || client != nil {
		t.Errorf("unchanged: %v, %v", server, client)
	}
}

// tickets is a store of sessions, as no client of ours has.
type tickets struct {
	tls.ClientSessionCache
	put int
}

func (c *tickets) Put(key string, s *tls.ClientSessionState) {
	if s != nil {
		c.put++
	}
	c.ClientSessionCache.Put(key, s)
}

func TestSessionsAreNeverResumed(t *testing.T) {
	me, host := newDevice(t), newDevice(t)
	visit := func(change func(*tls.Config)) (resumed bool, put int) {
		store := &tickets{ClientSessionCache: tls.NewLRUClientSessionCache(4)}
		s := Server(host, pin(me))
		change(s)
		c := Client(me, host.ID())
		c.SessionTicketsDisabled, c.ClientSessionCache = false, store
		for range 2 {
			state, server, client := shake(t, s, c)
			if server != nil || client != nil {
				t.Fatalf("refused: %v, %v", server, client)
			}
			resumed = state.DidResume
		}
		return resumed, store.put
	}
	if resumed, put := visit(func(*tls.Config) {}); resumed || put > 0 {
		t.Errorf("%d tickets, resumed: %v", put, resumed)
	}
	// The same client does resume where it is let.
	if resumed, put := visit(func(s *tls.Config) { s.SessionTicketsDisabled = false }); !resumed || put == 0 {
		t.Errorf("allowed: %d tickets, resumed: %v; the test sees nothing", put, resumed)
	}
}

func TestRequestsGoNowhereElse(t *testing.T) {
	me := newDevice(t)
	h := newHouse(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://example.com/", http.StatusFound)
	}, pin(me))
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	c := h.client(t, me)
	r, err := c.Get(Origin + "/")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusFound {
		t.Errorf("status %d, want the redirect itself", r.StatusCode)
	}
	for _, url := range []string{"http://croft/", "https://croft:8/", "https://example.com/", "https://" + h.at.String() + "/"} {
		if r, err := c.Post(url, "text/plain", strings.NewReader("x")); err == nil {
			r.Body.Close()
			t.Errorf("%s was answered", url)
		}
	}
}

func TestWithoutAnAddressNothingIsTried(t *testing.T) {
	me := newDevice(t)
	c := NewClient(me, lan.New(lan.Options{Interfaces: lan.Self}), me.ID(), func() []netip.AddrPort { return nil })
	if _, err := get(t, c, "/"); !errors.Is(err, ErrNoAddress) {
		t.Errorf("error %v, want %v", err, ErrNoAddress)
	}
	public := NewClient(me, lan.New(lan.Options{Interfaces: lan.Self}), me.ID(), func() []netip.AddrPort {
		return []netip.AddrPort{netip.MustParseAddrPort("9.9.9.9:443")}
	})
	var refused *lan.AddressError
	if _, err := get(t, public, "/"); !errors.As(err, &refused) {
		t.Errorf("error %v, want an address error", err)
	}
}

func TestASilentAddressHoldsNobodyUp(t *testing.T) {
	me := newDevice(t)
	h := newHouse(t, hello, pin(me))
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts in the kernel and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	other := newHouse(t, hello, pin(me))
	addresses := []netip.AddrPort{silent.Addr().(*net.TCPAddr).AddrPort(), other.at, h.at}
	c := NewClient(me, h.network, h.me.ID(), func() []netip.AddrPort { return addresses })
	defer c.CloseIdleConnections()
	begin := time.Now()
	if _, err := get(t, c, "/"); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
}

// Whatever comes from the network, no door opens.
func FuzzServer(f *testing.F) {
	me, host := newDevice(f), newDevice(f)
	f.Add([]byte("GET / HTTP/1.1\r\nHost: croft\r\n\r\n"))
	f.Add([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
	f.Add(firstFlight(f, me, host))
	f.Fuzz(func(t *testing.T, in []byte) {
		a, b := net.Pipe()
		go func() {
			go io.Copy(io.Discard, b)
			b.Write(in)
			b.Close()
		}()
		if err := tls.Server(a, Server(host, all{})).HandshakeContext(t.Context()); err == nil {
			t.Errorf("%x opened the door", in)
		}
		a.Close()
	})
}

// firstFlight is what a device says first.
func firstFlight(t testing.TB, me, host *identity.Private) []byte {
	a, b := net.Pipe()
	go func() {
		tls.Client(b, Client(me, host.ID())).Handshake()
		b.Close()
	}()
	buf := make([]byte, 16<<10)
	n, err := a.Read(buf)
	a.Close()
	if err != nil {
		t.Fatal(err)
	}
	return buf[:n]
}
