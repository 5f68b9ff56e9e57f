package pairing

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"testing"

	"croft/discovery/identity"
	"croft/discovery/lan"
)

// joinMemory is Join through a door without sockets.
func joinMemory(t testing.TB, door *memory, me *identity.Private, code string) (*Candidate, error) {
	t.Helper()
	s, err := client(t, door.dial(t), me)
	if err != nil {
		return nil, err
	}
	return s.join(t.Context(), About{Name: "Laptop"}, func() error { return proveCode(s.conn, s.ch.id(labelCode), code) })
}

// pairOf is one TLS connection as its two ends see it.
func pairOf(t testing.TB, joiner, shower *identity.Private) (atJoiner, atShower *session) {
	t.Helper()
	here, there := net.Pipe()
	t.Cleanup(func() { here.Close() })
	t.Cleanup(func() { there.Close() })
	done := make(chan error, 1)
	go func() {
		var err error
		atShower, err = newSession(t.Context(), there, tls.Server(there, tlsConfig(shower, anybody)), shower, true)
		done <- err
	}()
	atJoiner, err := client(t, here, joiner)
	if err := errors.Join(err, <-done); err != nil {
		t.Fatal(err)
	}
	return atJoiner, atShower
}

func TestBothEndsNameTheChannelAlike(t *testing.T) {
	a, b := pairOf(t, device(t), device(t))
	if !bytes.Equal(a.ch.id(labelCode), b.ch.id(labelCode)) {
		t.Error("they differ")
	}
	c, _ := pairOf(t, device(t), device(t))
	if bytes.Equal(a.ch.exporter, c.ch.exporter) {
		t.Error("two connections have one exporter")
	}
}

// The typer is asked by a shower that only sends back what it got.
func TestReflection(t *testing.T) {
	joiner, shower := device(t), device(t)
	run := func(answer func(s *session, share []byte)) error {
		a, b := pairOf(t, joiner, shower)
		go func() {
			if share, err := expect(b.conn, kindShare); err == nil {
				answer(b, share)
			}
			b.raw.Close()
		}()
		return proveCode(a.conn, a.ch.id(labelCode), "483920")
	}
	err := run(func(s *session, share []byte) { _ = writeMessage(s.conn, kindShare, share) })
	if !errors.Is(err, errShare) {
		t.Errorf("its own share came back: %v", err)
	}
	err = run(func(s *session, _ []byte) {
		mine := newShare(generator([]byte("000000"), s.ch.id(labelCode), nil))
		_ = writeMessage(s.conn, kindShare, mine.public)
		if tag, err := expect(s.conn, kindTag); err == nil {
			_ = writeMessage(s.conn, kindTag, tag)
		}
	})
	if !errors.Is(err, ErrCode) {
		t.Errorf("its own tag came back: %v", err)
	}
	// Even with the right code the two directions have two tags.
	err = run(func(s *session, share []byte) {
		tag, err := checkCode(s.conn, s.ch.id(labelCode), "483920", share)
		if err != nil {
			t.Error(err)
		}
		_ = writeMessage(s.conn, kindTag, tag)
	})
	if err != nil {
		t.Errorf("positive control: %v", err)
	}
}

func TestTagsOfTheTwoSidesDiffer(t *testing.T) {
	isk, share := make([]byte, 64), make([]byte, shareBytes)
	if bytes.Equal(tag(nil, isk, contribution{share, roleJoiner}), tag(nil, isk, contribution{share, roleShower})) {
		t.Error("equal shares make equal tags")
	}
}

// A guess costs the code, nonsense does not, and neither is let in.
func TestBadBeginnings(t *testing.T) {
	shower, joiner := device(t), device(t)
	identityPoint := unhex(t, pointIdentity)
	for what, c := range map[string]struct {
		k    kind
		body []byte
		want error
	}{
		"the identity":     {kindShare, identityPoint, ErrProtocol},
		"no element":       {kindShare, unhex(t, pointNone), ErrProtocol},
		"not canonical":    {kindShare, bytes.Repeat([]byte{0xff}, 32), ErrProtocol},
		"begins with tag":  {kindTag, make([]byte, tagBytes), ErrProtocol},
		"begins accepting": {kindAccept, []byte{7}, ErrProtocol},
		"wrong picture":    {kindScan, make([]byte, proofBytes), ErrSecret},
		"too long":         {kindShare, make([]byte, 33), ErrProtocol},
		"unknown kind":     {99, nil, ErrProtocol},
	} {
		o := openOffer(t, shower, Options{})
		code := o.Code()
		raw, err := self().Dial(t.Context(), o.Addrs()[0], purpose)
		if err != nil {
			t.Fatal(err)
		}
		s, err := client(t, raw, joiner)
		if err == nil {
			err = writeMessage(s.conn, c.k, c.body)
		}
		if err == nil {
			_, err = expect(s.conn, kindShare)
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
		raw.Close()
		if o.Code() != code {
			t.Errorf("%s: a code was burnt without a guess", what)
		}
		o.Close()
	}
}

func TestItself(t *testing.T) {
	me := device(t)
	o := openOffer(t, me, Options{})
	if _, err := join(t, me, o, o.Code()); !errors.Is(err, ErrSelf) {
		t.Errorf("by code: %v", err)
	}
	if _, err := Scan(t.Context(), me, self(), o.QR(), About{}); !errors.Is(err, ErrSelf) {
		t.Errorf("by picture: %v", err)
	}
}

// What was said in one connection is said again in another, to a shower that by
// chance shows the same code and the same picture.
func TestReplay(t *testing.T) {
	shower, joiner := device(t), device(t)
	const code = "483920"
	secret := make([]byte, secretBytes)
	var spoken bytes.Buffer
	a, b := pairOf(t, joiner, shower)
	done := make(chan error, 1)
	go func() { done <- proveCode(&recorded{a.conn, &spoken}, a.ch.id(labelCode), code) }()
	share, err := expect(b.conn, kindShare)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := checkCode(b.conn, b.ch.id(labelCode), code, share)
	if err == nil {
		err = writeMessage(b.conn, kindTag, reply)
	}
	if err := errors.Join(err, <-done); err != nil {
		t.Fatalf("positive control: %v", err)
	}
	oldScan := scanProof(secret, a.ch, labelScan)
	if _, err := checkScan(b.ch, secret, oldScan); err != nil {
		t.Errorf("positive control: %v", err)
	}

	again, b := pairOf(t, joiner, shower)
	go func() {
		_, _ = again.conn.Write(spoken.Bytes()) // the second message waits in the pipe
	}()
	go func() { _, _ = io.Copy(io.Discard, again.conn) }()
	if share, err = expect(b.conn, kindShare); err != nil {
		t.Fatal(err)
	}
	if _, err := checkCode(b.conn, b.ch.id(labelCode), code, share); !errors.Is(err, ErrCode) {
		t.Errorf("the replayed code: %v", err)
	}
	if _, err := checkScan(b.ch, secret, oldScan); !errors.Is(err, ErrSecret) {
		t.Errorf("the replayed picture: %v", err)
	}
	if _, err := checkScan(b.ch, secret, scanProof(secret, b.ch, labelShown)); !errors.Is(err, ErrSecret) {
		t.Errorf("the reflected picture: %v", err)
	}
}

type recorded struct {
	io.ReadWriter
	spoken *bytes.Buffer
}

func (r *recorded) Write(p []byte) (int, error) {
	r.spoken.Write(p)
	return r.ReadWriter.Write(p)
}

func TestOtherKeysAtTheAddressOfThePicture(t *testing.T) {
	shower, joiner, other := device(t), device(t), device(t)
	o, stranger := openOffer(t, shower, Options{}), openOffer(t, other, Options{})
	p, err := parsePicture(o.QR())
	if err != nil {
		t.Fatal(err)
	}
	p.addresses = stranger.Addrs()
	if _, err := Scan(t.Context(), joiner, self(), p.text(), About{}); !errors.Is(err, ErrOther) {
		t.Errorf("somebody else's key: %v", err)
	}
	p.addresses = append(stranger.Addrs()[:1:1], o.Addrs()...)
	c, err := Scan(t.Context(), joiner, self(), p.text(), About{})
	if err != nil {
		t.Fatalf("the second address is right: %v", err)
	}
	_ = c.Refuse(t.Context())
	o = openOffer(t, shower, Options{})
	p.addresses = o.Addrs()
	if _, err := Scan(t.Context(), joiner, self(), p.text(), About{}); !errors.Is(err, ErrSecret) {
		t.Errorf("an old picture: %v", err)
	}
}

func TestHandshakesThatAreRefused(t *testing.T) {
	shower, joiner := device(t), device(t)
	o := openOffer(t, shower, Options{})
	good := func() *tls.Config { return tlsConfig(joiner, anybody) }
	ec := ecdsaCertificate(t)
	for what, c := range map[string]*tls.Config{
		"TLS 1.2":        with(good(), func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS12, tls.VersionTLS12 }),
		"no certificate": with(good(), func(c *tls.Config) { c.Certificates = nil }),
		"another kind":   with(good(), func(c *tls.Config) { c.Certificates = []tls.Certificate{ec} }),
		"two": with(good(), func(c *tls.Config) {
			two := joiner.Certificate()
			two.Certificate = append(two.Certificate[:1:1], ec.Certificate...)
			c.Certificates = []tls.Certificate{two}
		}),
		"no protocol":  with(good(), func(c *tls.Config) { c.NextProtos, c.VerifyConnection = nil, nil }),
		"another":      with(good(), func(c *tls.Config) { c.NextProtos = []string{"h2"} }),
		"the same key": tlsConfig(shower, anybody),
	} {
		raw, err := self().Dial(t.Context(), o.Addrs()[0], purpose)
		if err != nil {
			t.Fatal(err)
		}
		conn := tls.Client(raw, c)
		err = conn.HandshakeContext(t.Context())
		if err == nil { // a client learns of its refusal with the first read
			_, _, err = readMessage(conn)
		}
		if err == nil || errors.Is(err, ErrProtocol) {
			t.Errorf("%s: %v", what, err)
		}
		raw.Close()
	}
	a, b := meet(t, shower, joiner, o)
	accept(t, a, b, Rights{}, Rights{})
}

func with(c *tls.Config, change func(*tls.Config)) *tls.Config {
	change(c)
	return c
}

func ecdsaCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestAnotherVersionIsNamed(t *testing.T) {
	me := device(t)
	l, err := self().Listen(t.Context(), 0, purpose)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		raw, err := l.Accept()
		if err != nil {
			return
		}
		defer raw.Close()
		config := with(tlsConfig(me, anybody), func(c *tls.Config) { c.NextProtos = []string{"croft-pairing/9"} })
		_ = tls.Server(raw, config).HandshakeContext(t.Context())
	}()
	if _, err := Join(t.Context(), device(t), self(), l.Addrs()[0], "123456", About{}); !errors.Is(err, ErrVersion) {
		t.Error(err)
	}
}

// Many connections at once: the surplus is cut off, and the window still works.
func TestFlood(t *testing.T) {
	shower, joiner := device(t), device(t)
	o := openOffer(t, shower, Options{})
	var open []net.Conn
	for range 5 * connectionsMax {
		raw, err := self().Dial(t.Context(), o.Addrs()[0], purpose)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, raw)
	}
	if _, err := join(t, joiner, o, o.Code()); err == nil {
		t.Error("there was still room")
	}
	for _, c := range open {
		c.Close()
	}
	eventually(t, func() bool {
		c, err := join(t, joiner, o, o.Code())
		if err == nil {
			_ = c.Refuse(t.Context())
		}
		return err == nil
	})
	_ = wait(t, o).Refuse(t.Context())
}

func TestOffLinkIsNotDialled(t *testing.T) {
	o := openOffer(t, device(t), Options{})
	elsewhere := lan.New(lan.Options{Interfaces: func() ([]lan.Interface, error) { return nil, nil }})
	var refused *lan.AddressError
	if _, err := Join(t.Context(), device(t), elsewhere, o.Addrs()[0], "123456", About{}); !errors.As(err, &refused) {
		t.Error(err)
	}
}
