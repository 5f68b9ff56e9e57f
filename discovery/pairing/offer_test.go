package pairing

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"croft/discovery/lan"
)

func TestAWrongCodeIsBurnt(t *testing.T) {
	shower, joiner := device(t), device(t)
	o := openOffer(t, shower, Options{})
	first, picture := o.Code(), o.QR()
	select {
	case <-o.Changed():
		t.Error("changed before anything happened")
	default:
	}
	if c, err := join(t, joiner, o, wrong(first)); !errors.Is(err, ErrCode) || c != nil {
		t.Fatalf("a wrong code: %v, %v", c, err)
	}
	select {
	case <-o.Changed():
	default:
		t.Error("nobody was told of the new code")
	}
	if o.Code() == first {
		t.Error("the code stayed")
	}
	if o.QR() != picture {
		t.Error("the picture, which nobody can guess, has changed")
	}
	if c, err := join(t, joiner, o, first); !errors.Is(err, ErrCode) || c != nil {
		t.Errorf("the burnt code: %v, %v", c, err)
	}
	a, b := meet(t, shower, joiner, o)
	accept(t, a, b, Rights{}, Rights{})
}

func TestThreeBurnsCloseTheWindow(t *testing.T) {
	shower, joiner := device(t), device(t)
	o := openOffer(t, shower, Options{Pause: Pause{Closings: 2}})
	for range guessesMax {
		if _, err := join(t, joiner, o, wrong(o.Code())); !errors.Is(err, ErrCode) {
			t.Fatal(err)
		}
	}
	if _, err := o.Wait(t.Context()); !errors.Is(err, ErrGuesses) {
		t.Errorf("the window says %v", err)
	}
	if c, err := join(t, joiner, o, o.Code()); err == nil {
		t.Errorf("a closed window let %v in", c)
	}
	// Two windows were closed before, but so long ago that it is forgotten.
	pause := o.Pause()
	if left := pause.Left(time.Now()); pause.Closings != 1 || left < 50*time.Second || left > time.Minute {
		t.Errorf("the pause is %+v: %v", pause, left)
	}
	var paused *PausedError
	if _, err := Open(t.Context(), shower, self(), Options{Pause: pause}); !errors.As(err, &paused) ||
		paused.Until.Before(time.Now()) || !strings.Contains(err.Error(), paused.Until.Format("15:04")) {
		t.Errorf("opened in spite of the pause: %v", err)
	}
}

func TestPauses(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var p Pause
	for _, want := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		if left := p.Left(now); left != 0 {
			t.Errorf("%+v is not over: %v", p, left)
		}
		p = p.after(now)
		if left := p.Left(now); left != want*time.Minute {
			t.Errorf("%d closings: %v, want %v", p.Closings, left, want*time.Minute)
		}
		now = now.Add(want * time.Minute)
	}
	if p := p.after(now.Add(25 * time.Hour)); p.Closings != 1 {
		t.Errorf("after a day it is %+v", p)
	}
	if left := p.Left(now.Add(-48 * time.Hour)); left != 0 {
		t.Errorf("a clock set back leaves %v", left)
	}
	if left := (Pause{Closings: 1 << 40, Since: now}).Left(now); left != pauseMax {
		t.Errorf("a huge count: %v", left)
	}
	if left := (Pause{Closings: -1, Since: now}).Left(now); left != 0 {
		t.Errorf("a negative count: %v", left)
	}
}

// The right code is worth nothing while somebody else tries.
func TestOneAttemptInFlight(t *testing.T) {
	shower := device(t)
	synctest.Test(t, func(t *testing.T) {
		door := newMemory()
		o, err := open(t.Context(), shower, door, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		slow, err := client(t, door.dial(t), device(t))
		if err != nil {
			t.Fatal(err)
		}
		mine := newShare(generator([]byte(o.Code()), slow.ch.id(labelCode), nil))
		if err := writeMessage(slow.conn, kindShare, mine.public); err != nil {
			t.Fatal(err)
		}
		if _, err := expect(slow.conn, kindShare); err != nil {
			t.Fatal(err)
		}
		joiner := device(t)
		if _, err := joinMemory(t, door, joiner, o.Code()); !errors.Is(err, ErrBusy) {
			t.Errorf("while another tries: %v", err)
		}
		time.Sleep(proofMax + time.Second) // the slow one is cut off, no code burnt
		before := o.Code()
		c, err := joinMemory(t, door, joiner, before)
		if err != nil {
			t.Fatalf("after it: %v", err)
		}
		c.raw.Close()
	})
}

func TestTheWindowExpires(t *testing.T) {
	shower := device(t)
	synctest.Test(t, func(t *testing.T) {
		o, err := open(t.Context(), shower, newMemory(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		start := time.Now()
		if _, err := o.Wait(t.Context()); !errors.Is(err, ErrExpired) || time.Since(start) != offerMax || !o.Expires().Equal(start.Add(offerMax)) {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func TestSilenceIsCutOff(t *testing.T) {
	shower, joiner := device(t), device(t)
	synctest.Test(t, func(t *testing.T) {
		door := newMemory()
		o, err := open(t.Context(), shower, door, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		closed := func(r interface{ Read([]byte) (int, error) }) time.Duration {
			start := time.Now()
			for buf := make([]byte, 1); ; {
				if _, err := r.Read(buf); err != nil {
					return time.Since(start)
				}
			}
		}
		if after := closed(door.dial(t)); after != handshakeMax {
			t.Errorf("no handshake: cut off after %v", after)
		}
		s, err := client(t, door.dial(t), joiner)
		if err != nil {
			t.Fatal(err)
		}
		if after := closed(s.conn); after != handshakeMax {
			t.Errorf("no message: cut off after %v", after)
		}
		code := o.Code()
		s, err = client(t, door.dial(t), joiner)
		if err == nil {
			err = proveCode(s.conn, s.ch.id(labelCode), code)
		}
		if err != nil {
			t.Fatal(err)
		}
		if after := closed(s.conn); after != proofMax {
			t.Errorf("no hello: cut off after %v", after)
		}
		synctest.Wait()
		if o.Code() == code {
			t.Error("a code that was proved is shown again")
		}
	})
}

func TestUnansweredCandidatesEnd(t *testing.T) {
	shower, joiner := device(t), device(t)
	synctest.Test(t, func(t *testing.T) {
		door := newMemory()
		o, err := open(t.Context(), shower, door, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		b, err := joinMemory(t, door, joiner, o.Code())
		if err != nil {
			t.Fatal(err)
		}
		a, start := wait(t, o), time.Now()
		if _, err := b.Accept(t.Context(), Rights{}); !errors.Is(err, ErrExpired) && !errors.Is(err, ErrGone) {
			t.Errorf("the one who answered: %v", err)
		}
		<-a.Ended()
		if after := time.Since(start); after > askMax {
			t.Errorf("it took %v", after)
		}
		if _, err := a.Accept(t.Context(), Rights{}); !errors.Is(err, ErrExpired) && !errors.Is(err, ErrGone) {
			t.Errorf("the one who did not: %v", err)
		}
	})
}

// What an offer holds for nobody is closed with it.
func TestCloseDropsWhoWasNotWaitedFor(t *testing.T) {
	shower, joiner := device(t), device(t)
	o := openOffer(t, shower, Options{})
	c, err := join(t, joiner, o, o.Code())
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return len(o.result) == 1 })
	o.Close()
	<-c.Ended()
	if _, err := c.Accept(t.Context(), Rights{}); !errors.Is(err, ErrGone) {
		t.Error(err)
	}
}

func TestAChangedNetworkClosesTheWindow(t *testing.T) {
	shower := device(t)
	synctest.Test(t, func(t *testing.T) {
		door := newMemory()
		o, err := open(t.Context(), shower, door, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		door.set(append(door.Addrs(), netip.MustParseAddrPort("[fd00::1]:40000"))...)
		time.Sleep(5 * time.Second)
		if o.ctx.Err() != nil {
			t.Error("one more address closed it")
		}
		door.set(netip.MustParseAddrPort("10.0.0.9:40000"))
		start := time.Now()
		if _, err := o.Wait(t.Context()); !errors.Is(err, ErrNetwork) || time.Since(start) > addressesEvery {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func TestNoNetwork(t *testing.T) {
	none := lan.New(lan.Options{Interfaces: func() ([]lan.Interface, error) { return nil, nil }})
	if _, err := Open(t.Context(), device(t), none, Options{}); !errors.Is(err, ErrNoNetwork) {
		t.Error(err)
	}
}

const promptly = 100 * time.Millisecond

// soon fails unless done is closed within 100 ms, three times that with the race
// detector and a busy machine in mind.
func soon[T any](t *testing.T, what string, done <-chan T) {
	t.Helper()
	start := time.Now()
	select {
	case <-done:
		t.Logf("%s: %v", what, time.Since(start))
	case <-time.After(3 * promptly):
		t.Fatalf("%s takes more than %v", what, 3*promptly)
	}
}

func TestCancelClosesAtOnce(t *testing.T) {
	shower, joiner := device(t), device(t)
	ctx, cancel := context.WithCancel(t.Context())
	o, err := Open(ctx, shower, self(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	raw, err := self().Dial(t.Context(), o.Addrs()[0], purpose)
	if err != nil {
		t.Fatal(err)
	}
	s, err := client(t, raw, joiner)
	if err != nil {
		t.Fatal(err)
	}
	cut, waited := make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(cut)
		_, _, _ = readMessage(s.conn)
	}()
	go func() {
		_, err := o.Wait(t.Context())
		waited <- err
	}()
	cancel()
	soon(t, "who was in the window is cut off", cut)
	soon(t, "Wait", waited)
	raw.Close()
	o.Close()
	if _, err := self().Dial(t.Context(), o.Addrs()[0], purpose); err == nil {
		t.Error("the port is still open")
	}
}

func TestCancelledAcceptTellsTheOther(t *testing.T) {
	shower, joiner := device(t), device(t)
	a, b := meet(t, shower, joiner, openOffer(t, shower, Options{}))
	ctx, cancel := context.WithCancel(t.Context())
	accepted := make(chan error, 1)
	go func() {
		_, err := b.Accept(ctx, Rights{})
		accepted <- err
	}()
	<-a.answered
	cancel()
	soon(t, "the other side", a.Ended())
	if err := <-accepted; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := a.Accept(t.Context(), Rights{}); !errors.Is(err, ErrGone) {
		t.Error(err)
	}
}

func TestCancelledJoin(t *testing.T) {
	silent, err := self().Listen(t.Context(), 0, "silence")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithCancel(t.Context())
	joined := make(chan error, 1)
	go func() {
		_, err := Join(ctx, device(t), self(), silent.Addrs()[0], "123456", About{})
		joined <- err
	}()
	raw, err := silent.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	start := time.Now()
	cancel()
	if err := <-joined; !errors.Is(err, context.Canceled) || time.Since(start) > 3*promptly {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}
