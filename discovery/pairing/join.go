package pairing

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"croft/discovery/identity"
	"croft/discovery/lan"
)

const (
	purpose = "add a device"
	dialMax = 3 * time.Second
)

// ParseCode returns the six digits of what a person typed: spaces and hyphens
// do not matter. ErrTypedCode otherwise.
func ParseCode(typed string) (string, error) {
	code := strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(strings.TrimSpace(typed))
	if len(code) != codeDigits || strings.Trim(code, "0123456789") != "" {
		return "", ErrTypedCode
	}
	return code, nil
}

// Join adds the device at address by the code that it shows. After ErrCode the
// same code must not be tried again.
func Join(ctx context.Context, me *identity.Private, network *lan.Network, address netip.AddrPort, code string, my About) (*Candidate, error) {
	code, err := ParseCode(code)
	if err != nil {
		return nil, err
	}
	s, err := connect(ctx, me, network, address, anybody)
	if err != nil {
		return nil, err
	}
	return s.join(ctx, my, func() error { return proveCode(s.conn, s.ch.id(labelCode), code) })
}

// Scan adds the device whose picture says text. It talks to no other: the
// picture names the key.
func Scan(ctx context.Context, me *identity.Private, network *lan.Network, text string, my About) (*Candidate, error) {
	p, err := parsePicture(text)
	if err != nil {
		return nil, err
	}
	only := func(id identity.ID) error {
		if id != p.shower {
			return ErrOther
		}
		return nil
	}
	if p.shower == me.ID() {
		return nil, ErrSelf
	}
	var failed []error
	for _, address := range p.addresses {
		s, err := connect(ctx, me, network, address, only)
		if err == nil {
			return s.join(ctx, my, func() error { return proveScan(s.conn, s.ch, p.secret[:]) })
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		failed = append(failed, err)
	}
	return nil, errors.Join(failed...)
}

func connect(ctx context.Context, me *identity.Private, network *lan.Network, address netip.AddrPort, check func(identity.ID) error) (*session, error) {
	dialing, cancel := context.WithTimeout(ctx, dialMax)
	defer cancel()
	raw, err := network.Dial(dialing, address, purpose)
	if err != nil {
		return nil, fmt.Errorf("no answer from %s: %w", address, err)
	}
	s, err := newSession(ctx, raw, tls.Client(raw, tlsConfig(me, check)), me, false)
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return s, reason(err)
}

// join proves with prove who this is and says hello.
func (s *session) join(ctx context.Context, my About, prove func() error) (*Candidate, error) {
	stop := context.AfterFunc(ctx, func() { s.raw.Close() })
	c, err := s.introduce(my, prove)
	if !stop() {
		err = ctx.Err()
	}
	if err != nil {
		s.raw.Close()
		return nil, reason(err)
	}
	return c, nil
}

func (s *session) introduce(my About, prove func() error) (*Candidate, error) {
	if err := s.raw.SetDeadline(time.Now().Add(2 * proofMax)); err != nil {
		return nil, err
	}
	if err := prove(); err != nil {
		return nil, err
	}
	if err := s.sayHello(my); err != nil {
		return nil, err
	}
	their, err := s.hearHello()
	if err != nil {
		return nil, err
	}
	return newCandidate(s, their)
}
