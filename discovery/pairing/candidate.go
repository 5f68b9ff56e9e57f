package pairing

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"croft/discovery/identity"
)

const (
	askMax    = 120 * time.Second // for both people to answer
	refuseMax = 500 * time.Millisecond
)

// Candidate is a device that proved the code or the picture. Nothing is allowed
// to it yet: both people are asked, here and there. It must be answered with
// Accept or Refuse; unanswered it ends after two minutes.
type Candidate struct {
	ID      identity.ID
	SPKI    []byte         // its public key, as ID was made from it
	Name    string         // as it calls itself; says nothing of who it is
	Address netip.AddrPort // where it answers devices that it knows; port 0: nowhere

	conn     net.Conn // TLS
	raw      net.Conn // closed at once, without a word on the wire
	decided  atomic.Bool
	answered chan struct{} // closed when rights are here
	rights   Rights
	ended    chan struct{} // closed when err is here
	err      error
}

func newCandidate(s *session, about About) (*Candidate, error) {
	if err := s.raw.SetDeadline(time.Now().Add(askMax)); err != nil {
		return nil, err
	}
	s.tellDevice()
	c := &Candidate{
		ID: s.peer, SPKI: s.spki, Name: about.Name, Address: s.address(about.Port),
		conn: s.conn, raw: s.raw,
		answered: make(chan struct{}), ended: make(chan struct{}),
	}
	go c.listen()
	return c, nil
}

// listen ends when the other side has said all it has to say, or the connection
// is closed or too old.
func (c *Candidate) listen() {
	c.err = reason(c.hear())
	if c.err != nil {
		c.raw.Close()
	}
	close(c.ended)
}

func (c *Candidate) hear() error {
	body, err := expect(c.conn, kindAccept)
	if err != nil {
		return err
	}
	if c.rights, err = parseRights(body); err != nil {
		return err
	}
	close(c.answered)
	if _, err := expect(c.conn, kindDone); err != nil {
		return err
	}
	if !c.decided.Load() {
		return ErrProtocol // done with what nobody here agreed to
	}
	return nil
}

// Ended is closed when there is nothing left to answer: the other side refused
// or went away, time is up, or all is done.
func (c *Candidate) Ended() <-chan struct{} { return c.ended }

// Accept says yes for this side, with what the other device may do here, and
// waits for the other side's yes. Only when it returns without an error have
// both agreed, and the device may be stored with the rights that it granted.
// ErrRefused: the person there said no. ErrExpired, ErrGone: there was no answer.
func (c *Candidate) Accept(ctx context.Context, grants Rights) (theirs Rights, err error) {
	if !c.decided.CompareAndSwap(false, true) {
		return Rights{}, ErrDecided
	}
	stop := context.AfterFunc(ctx, func() { c.raw.Close() })
	defer stop()
	defer c.drop()
	if err := c.agree(grants); err != nil {
		if ctx.Err() != nil {
			return Rights{}, ctx.Err()
		}
		return Rights{}, err
	}
	return c.rights, nil
}

func (c *Candidate) agree(grants Rights) error {
	if err := writeMessage(c.conn, kindAccept, grants.encode()); err != nil {
		return c.failed(err)
	}
	select {
	case <-c.answered:
	case <-c.ended: // perhaps with both of what we wait for
		if c.err != nil {
			return c.err
		}
	}
	if err := writeMessage(c.conn, kindDone, nil); err != nil {
		return c.failed(err)
	}
	<-c.ended
	return c.err
}

// failed prefers what the other side said to what the socket says.
func (c *Candidate) failed(err error) error {
	select {
	case <-c.ended:
	case <-time.After(refuseMax):
		c.drop()
	}
	if c.err != nil {
		return c.err
	}
	return reason(err)
}

// Refuse says no for this side.
func (c *Candidate) Refuse(ctx context.Context) error {
	if !c.decided.CompareAndSwap(false, true) {
		return ErrDecided
	}
	defer c.drop()
	stop := context.AfterFunc(ctx, func() { c.raw.Close() })
	defer stop()
	code, _ := refusalOf(ErrRefused)
	if err := writeMessage(c.conn, kindRefuse, []byte{byte(code)}); err != nil {
		return nil // it is gone, which is as good
	}
	// Closing with something unread would take the refusal back.
	select {
	case <-c.ended:
	case <-time.After(refuseMax):
	}
	return nil
}

// drop ends the connection and waits for listen.
func (c *Candidate) drop() {
	c.raw.Close()
	<-c.ended
}
