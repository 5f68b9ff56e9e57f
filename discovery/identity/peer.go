package identity

import (
	"bytes"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
)

// ErrNoDevice says that what is at the other end shows no certificate as devices have.
var ErrNoDevice = errors.New("the other end is not a device of Croft's")

// Peer returns who is at the other end, and its public key as SPKI. It is meant for tls.Config.VerifyConnection and after
// the handshake: TLS 1.3 has proved by then that the other end holds the key. There must be exactly one certificate, with
// an Ed25519 key; its names, dates and signature mean nothing. Every other end is an ErrNoDevice.
func Peer(state tls.ConnectionState) (ID, []byte, error) {
	if n := len(state.PeerCertificates); n != 1 {
		return ID{}, nil, fmt.Errorf("%w: it shows %d certificates", ErrNoDevice, n)
	}
	leaf := state.PeerCertificates[0]
	key, ok := leaf.PublicKey.(ed25519.PublicKey)
	if !ok {
		return ID{}, nil, fmt.Errorf("%w: its key is %s", ErrNoDevice, leaf.PublicKeyAlgorithm)
	}
	// One key must have one ID, so only its one canonical encoding counts.
	spki, err := x509.MarshalPKIXPublicKey(key)
	if err != nil || !bytes.Equal(spki, leaf.RawSubjectPublicKeyInfo) {
		return ID{}, nil, fmt.Errorf("%w: its key is not written as it should be", ErrNoDevice)
	}
	return Of(spki), spki, nil
}
