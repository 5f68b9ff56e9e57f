package pairing

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"testing"

	"croft/discovery/identity"
)

// relay is a man in the middle with a key of his own: the joiner takes him for
// the shower, the shower takes him for the joiner, and every byte that one says
// inside TLS he says to the other.
type relay struct{ joiner, shower *session }

func newRelay(t testing.TB, joiner, man, shower *identity.Private) (atJoiner, atShower *session, r relay) {
	t.Helper()
	atJoiner, r.joiner = pairOf(t, joiner, man)
	r.shower, atShower = pairOf(t, man, shower)
	go pump(r.joiner, r.shower)
	go pump(r.shower, r.joiner)
	return atJoiner, atShower, r
}

func pump(from, to *session) {
	_, _ = io.Copy(to.conn, from.conn)
	to.raw.Close()
}

// meetRelayed lets both sides prove the same code and reports who was convinced.
func meetRelayed(t testing.TB, joiner, shower *session, code string, id func(*session) []byte) (joinerSure, showerSure bool) {
	t.Helper()
	proved := make(chan error, 1)
	go func() { proved <- proveCode(joiner.conn, id(joiner), code) }()
	share, err := expect(shower.conn, kindShare)
	if err != nil {
		t.Fatal(err) // the relay works: it must come this far
	}
	reply, err := checkCode(shower.conn, id(shower), code, share)
	if err == nil {
		showerSure = true
		_ = writeMessage(shower.conn, kindTag, reply)
	} else if !errors.Is(err, ErrCode) {
		t.Fatal(err)
	}
	shower.raw.Close()
	joinerSure = <-proved == nil
	return joinerSure, showerSure
}

// With the right code on both sides, a man who relays all they say convinces
// neither, for he has two channels. The positive control leaves the channel out.
func TestRelayedCode(t *testing.T) {
	runs, controls := 1000, 200
	if testing.Short() {
		runs, controls = 50, 10
	}
	if n, err := strconv.Atoi(os.Getenv("CROFT_RELAYS")); err == nil {
		runs = n // as the published figure has it
	}
	joiner, man, shower := device(t), device(t), device(t)
	bound := func(s *session) []byte { return s.ch.id(labelCode) }
	unbound := func(*session) []byte { return []byte(labelCode) }
	count := func(n int, id func(*session) []byte) (convinced int) {
		for range n {
			a, b, r := newRelay(t, joiner, man, shower)
			if joinerSure, showerSure := meetRelayed(t, a, b, newCode(), id); joinerSure || showerSure {
				convinced++
			}
			for _, s := range []*session{a, b, r.joiner, r.shower} {
				s.raw.Close()
			}
		}
		return convinced
	}
	if n := count(runs, bound); n != 0 {
		t.Errorf("%d of %d relayed ceremonies succeeded", n, runs)
	}
	if n := count(controls, unbound); n != controls {
		t.Errorf("without the channel %d of %d relayed ceremonies succeeded: this test proves nothing", n, controls)
	}
	t.Logf("%d relayed, %d controls", runs, controls)
}

// Each part of the channel alone keeps the man out, so that none hides the lack
// of another.
func TestEachPartOfTheChannelBinds(t *testing.T) {
	joiner, man, shower := device(t), device(t), device(t)
	for what, part := range map[string]func(channel) []byte{
		"exporter":      func(c channel) []byte { return c.exporter },
		"joiner's key":  func(c channel) []byte { return c.joiner },
		"shower's key":  func(c channel) []byte { return c.shower },
		"whole channel": func(c channel) []byte { return c.id(labelCode) },
	} {
		a, b, _ := newRelay(t, joiner, man, shower)
		if x, y := meetRelayed(t, a, b, "483920", func(s *session) []byte { return part(s.ch) }); x || y {
			t.Errorf("the %s binds nothing", what)
		}
	}
}

// The same with windows, sockets and Join: the man relays TLS inside TLS to a
// real offer, and the code is burnt.
func TestRelayedOffer(t *testing.T) {
	joiner, man, shower := device(t), device(t), device(t)
	for range 20 {
		o := openOffer(t, shower, Options{})
		trap, err := self().Listen(t.Context(), 0, "trap")
		if err != nil {
			t.Fatal(err)
		}
		relayed := make(chan error, 1)
		go func() { relayed <- relayOne(t, trap, man, o) }()
		code := o.Code()
		c, err := Join(t.Context(), joiner, self(), trap.Addrs()[0], code, About{})
		if !errors.Is(err, ErrCode) || c != nil {
			t.Fatalf("through the man: %v, %v", c, err)
		}
		if err := <-relayed; err != nil {
			t.Fatal(err)
		}
		if o.Code() == code {
			t.Error("the code was not burnt")
		}
		// And the picture leads past him: his key is not in it.
		p, err := parsePicture(o.QR())
		if err != nil {
			t.Fatal(err)
		}
		p.addresses = trap.Addrs()[:1]
		go func() { relayed <- relayOne(t, trap, man, o) }()
		if _, err := Scan(t.Context(), joiner, self(), p.text(), About{}); !errors.Is(err, ErrOther) {
			t.Errorf("the picture through the man: %v", err)
		}
		<-relayed
		trap.Close()
		o.Close()
	}
}

func relayOne(t testing.TB, trap net.Listener, man *identity.Private, o *Offer) error {
	raw, err := trap.Accept()
	if err != nil {
		return err
	}
	defer raw.Close()
	victim, err := newSession(t.Context(), raw, tls.Server(raw, tlsConfig(man, anybody)), man, true)
	if err != nil {
		return err
	}
	out, err := self().Dial(t.Context(), o.Addrs()[0], purpose)
	if err != nil {
		return err
	}
	defer out.Close()
	target, err := client(t, out, man)
	if err != nil {
		return err
	}
	back := make(chan struct{})
	go func() {
		defer close(back)
		pump(target, victim)
	}()
	pump(victim, target)
	<-back
	return nil
}
