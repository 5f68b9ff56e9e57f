package trust

import (
	"crypto/tls"
	"errors"
	"fmt"

	"croft/discovery/identity"
)

const (
	protocol   = "h2"
	serverName = "croft" // the same from every device to every device, so that it tells nothing
)

// Known says which devices are mine. It is asked anew at each handshake and each request, from several goroutines.
type Known interface {
	Knows(id identity.ID) bool
}

// ErrRefused says that the other device does not count this one among its own. It may have removed it.
var ErrRefused = errors.New("the other device does not know this one; add this device there again")

// WrongDeviceError says that another device answered at the address.
type WrongDeviceError struct{ Want, Got identity.ID }

func (e *WrongDeviceError) Error() string {
	return fmt.Sprintf("another device (%s) answered than %s; its address has changed", e.Got.Short(), e.Want.Short())
}

// UnknownDeviceError says that a device that is not mine tried to get in.
type UnknownDeviceError struct{ ID identity.ID }

func (e *UnknownDeviceError) Error() string {
	return fmt.Sprintf("device %s is not one of mine; add it first", e.ID.Short())
}

// Client returns how this device calls that one, and nobody else: a *WrongDeviceError fails the handshake.
func Client(me *identity.Private, device identity.ID) *tls.Config {
	c := both(me, func(id identity.ID) error {
		if id != device {
			return &WrongDeviceError{Want: device, Got: id}
		}
		return nil
	})
	c.ServerName = serverName
	c.InsecureSkipVerify = true // no authority vouches for a device; VerifyConnection compares the key itself
	return c
}

// Server returns how this device answers those that are known: an *UnknownDeviceError fails the handshake of others.
func Server(me *identity.Private, known Known) *tls.Config {
	c := both(me, func(id identity.ID) error {
		if !known.Knows(id) {
			return &UnknownDeviceError{ID: id}
		}
		return nil
	})
	c.ClientAuth = tls.RequireAnyClientCert
	return c
}

// both is what holds for both ends. The check is in VerifyConnection since that alone is called for every connection.
func both(me *identity.Private, check func(identity.ID) error) *tls.Config {
	return &tls.Config{
		Certificates:           []tls.Certificate{me.Certificate()},
		MinVersion:             tls.VersionTLS13,
		NextProtos:             []string{protocol},
		SessionTicketsDisabled: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			if state.NegotiatedProtocol != protocol {
				return fmt.Errorf("%w: it speaks %q, not %q", identity.ErrNoDevice, state.NegotiatedProtocol, protocol)
			}
			id, _, err := identity.Peer(state)
			if err != nil {
				return err
			}
			return check(id)
		},
	}
}
