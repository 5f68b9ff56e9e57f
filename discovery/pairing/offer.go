package pairing

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"croft/discovery/identity"
	"croft/discovery/lan"
)

const (
	offerMax       = 120 * time.Second
	guessesMax     = 3 // wrong codes that close the window
	connectionsMax = 8 // handshakes and the one attempt, together
	addressesEvery = time.Second
	codeDigits     = 6
)

// Options of an offer.
type Options struct {
	About About
	Port  uint16 // to listen at, 0: any
	Pause Pause  // what the last offer's Pause returned
}

// Offer is the open window of the device that shows the code.
type Offer struct {
	me        *identity.Private
	about     About
	door      door
	config    *tls.Config
	addresses []netip.AddrPort // when the window opened
	expires   time.Time

	ctx     context.Context // of the window; its cause is why it closed
	cancel  context.CancelCauseFunc
	running sync.WaitGroup
	changed chan struct{}
	result  chan *Candidate

	mu      sync.Mutex
	code    string
	secret  [secretBytes]byte
	busy    bool // with the one attempt
	guesses int  // that were wrong
	pause   Pause
}

// door is what an offer needs of a listener.
type door interface {
	Accept() (net.Conn, error)
	Addrs() []netip.AddrPort
	Close() error
}

// Open opens the window. It closes by itself after two minutes, when somebody
// was let in, after three wrong codes, when one of this device's addresses goes,
// and when ctx ends; Close must be called all the same. It returns *PausedError
// while wrong codes in earlier windows forbid a new one.
func Open(ctx context.Context, me *identity.Private, network *lan.Network, o Options) (*Offer, error) {
	if err := paused(o.Pause); err != nil {
		return nil, err
	}
	door, err := network.Listen(ctx, o.Port, purpose)
	if err != nil {
		return nil, err
	}
	return open(ctx, me, door, o)
}

func paused(p Pause) error {
	now := time.Now()
	if left := p.Left(now); left > 0 {
		return &PausedError{Until: now.Add(left)}
	}
	return nil
}

func open(ctx context.Context, me *identity.Private, door door, opts Options) (*Offer, error) {
	addresses := door.Addrs()
	if len(addresses) == 0 {
		door.Close()
		return nil, ErrNoNetwork
	}
	o := &Offer{
		me: me, about: opts.About, door: door, config: tlsConfig(me, anybody),
		addresses: addresses, expires: time.Now().Add(offerMax), pause: opts.Pause,
		result: make(chan *Candidate, 1),
	}
	o.renew()
	o.changed = make(chan struct{}, 1)
	o.ctx, o.cancel = context.WithCancelCause(ctx)
	o.running.Go(o.watch)
	o.running.Go(o.accept)
	return o, nil
}

// Code is the six digits to show now.
func (o *Offer) Code() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.code
}

// QR is the text of the picture to show now; see Picture and Blocks.
func (o *Offer) QR() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := picture{shower: o.me.ID(), secret: o.secret, addresses: o.addresses}
	return p.text()
}

// Addrs is where the other device may be told to come.
func (o *Offer) Addrs() []netip.AddrPort { return slices.Clone(o.addresses) }

// Expires is when the window closes by itself.
func (o *Offer) Expires() time.Time { return o.expires }

// Changed gets a value when Code or QR have become others; several changes are
// joined into one.
func (o *Offer) Changed() <-chan struct{} { return o.changed }

// Pause is what the next Open must be given, and what must be kept until then.
func (o *Offer) Pause() Pause {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.pause
}

// Wait returns the device that proved the code or the picture. The window is
// closed then. Otherwise it returns why the window closed: ErrExpired,
// ErrGuesses, ErrNetwork, ErrClosed or the cause of Open's context. When ctx
// ends it returns at once and the window stays open.
func (o *Offer) Wait(ctx context.Context) (*Candidate, error) {
	select {
	case c := <-o.result:
		return c, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-o.ctx.Done():
	}
	select {
	case c := <-o.result:
		return c, nil
	default:
		return nil, context.Cause(o.ctx)
	}
}

// Close closes the window and cuts off who is in it. A candidate that Wait
// returned stays.
func (o *Offer) Close() {
	o.cancel(ErrClosed)
	o.running.Wait()
	select {
	case c := <-o.result:
		c.drop()
	default:
	}
}

// watch closes the window when it is time.
func (o *Offer) watch() {
	defer o.door.Close()
	expired := time.NewTimer(offerMax)
	defer expired.Stop()
	look := time.NewTicker(addressesEvery)
	defer look.Stop()
	for {
		select {
		case <-o.ctx.Done():
			return
		case <-expired.C:
			o.cancel(ErrExpired)
		case <-look.C:
			if gone(o.addresses, o.door.Addrs()) {
				o.cancel(ErrNetwork)
			}
		}
	}
}

// gone reports whether one of the addresses that people were told is no longer
// there. New ones do no harm: IPv6 addresses come late.
func gone(told, now []netip.AddrPort) bool {
	return slices.ContainsFunc(told, func(a netip.AddrPort) bool { return !slices.Contains(now, a) })
}

// accept lets connections in, a few at a time; one too many is closed at once.
func (o *Offer) accept() {
	slots := make(chan struct{}, connectionsMax)
	for {
		raw, err := o.door.Accept()
		if err != nil {
			o.cancel(fmt.Errorf("%w (%w)", ErrClosed, err))
			return
		}
		select {
		case slots <- struct{}{}:
			o.running.Go(func() {
				defer func() { <-slots }()
				o.serve(raw)
			})
		default:
			raw.Close()
		}
	}
}

// serve is one connection, from the handshake until it is a candidate or gone.
func (o *Offer) serve(raw net.Conn) {
	stop := context.AfterFunc(o.ctx, func() { raw.Close() })
	defer stop()
	s, err := newSession(o.ctx, raw, tls.Server(raw, o.config), o.me, true)
	if err != nil {
		return
	}
	c, err := o.attempt(s)
	switch {
	case err != nil:
		raw.Close()
	case !stop(): // the window closed in between
		c.drop()
	default:
		o.result <- c
		o.cancel(ErrClosed)
	}
}

// attempt reads what the other side tries first, and does that if nobody else
// is trying.
func (o *Offer) attempt(s *session) (*Candidate, error) {
	k, body, err := readMessage(s.conn)
	if err != nil {
		s.refuse(err)
		return nil, err
	}
	if !o.enter() {
		s.refuse(ErrBusy)
		return nil, ErrBusy
	}
	defer o.leave()
	if err := s.raw.SetDeadline(time.Now().Add(proofMax)); err != nil {
		return nil, err
	}
	answer, reply, err := o.check(s, k, body)
	if err != nil {
		// The new code is there before the other side hears that the old was wrong.
		last := errors.Is(err, ErrCode) && o.burn()
		s.refuse(err)
		if last {
			o.cancel(ErrGuesses)
		}
		return nil, err
	}
	c, err := o.greet(s, answer, reply)
	if err != nil {
		o.renew() // what has worked once does not work again
		return nil, err
	}
	o.mu.Lock()
	o.pause = Pause{}
	o.mu.Unlock()
	return c, nil
}

func (o *Offer) enter() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	entered := !o.busy
	o.busy = true
	return entered
}

func (o *Offer) leave() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.busy = false
}

// check verifies the other side's proof and returns ours, unsent.
func (o *Offer) check(s *session, k kind, body []byte) (answer kind, reply []byte, err error) {
	o.mu.Lock()
	code, secret := o.code, o.secret
	o.mu.Unlock()
	switch k {
	case kindShare:
		reply, err = checkCode(s.conn, s.ch.id(labelCode), code, body)
		return kindTag, reply, err
	case kindScan:
		reply, err = checkScan(s.ch, secret[:], body)
		return kindShown, reply, err
	}
	return 0, nil, fmt.Errorf("%w (begins with message %d)", ErrProtocol, k)
}

func (o *Offer) greet(s *session, answer kind, reply []byte) (*Candidate, error) {
	if err := writeMessage(s.conn, answer, reply); err != nil {
		return nil, err
	}
	their, err := s.hearHello()
	if err != nil {
		return nil, err
	}
	if err := s.sayHello(o.about); err != nil {
		return nil, err
	}
	return newCandidate(s, their)
}

// renew makes a new code and a new secret.
func (o *Offer) renew() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.code = newCode()
	rand.Read(o.secret[:])
	o.tellLocked()
}

// burn makes a new code after a wrong one, and reports whether it was the last.
// The secret of the picture stays: nobody guesses 128 bits.
func (o *Offer) burn() (last bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.code = newCode()
	o.guesses++
	last = o.guesses >= guessesMax
	if last {
		o.pause = o.pause.after(time.Now())
	}
	o.tellLocked()
	return last
}

func (o *Offer) tellLocked() {
	select {
	case o.changed <- struct{}{}:
	default:
	}
}

func newCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(fmt.Sprintf("pairing: no random number: %v", err))
	}
	return fmt.Sprintf("%0*d", codeDigits, n)
}
