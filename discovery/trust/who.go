package trust

import (
	"context"
	"crypto/tls"
	"errors"
	"net/netip"

	"croft/discovery/identity"
	"croft/discovery/lan"
)

const askingWho = "see who is there"

// Who returns which device answers at an address. The handshake ends there: the other device does not learn who asked.
// What is at the other end may be no device of Croft's: identity.ErrNoDevice.
func Who(ctx context.Context, me *identity.Private, network *lan.Network, at netip.AddrPort) (identity.ID, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptMax)
	defer cancel()
	raw, err := network.Dial(ctx, at, askingWho)
	if err != nil {
		return identity.ID{}, err
	}
	defer raw.Close()
	// Nobody has this ID, so the handshake fails once the other end has shown its own.
	err = tls.Client(raw, Client(me, identity.ID{})).HandshakeContext(ctx)
	var other *WrongDeviceError
	if !errors.As(err, &other) {
		raw.SetOutcome(outcomeOf(err))
		return identity.ID{}, err
	}
	raw.SetDevice(other.Got.String())
	return other.Got, nil
}
