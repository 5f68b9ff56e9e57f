package identity

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"slices"
	"time"
)

// Private is this device's key with the certificate that shows it. Printing it shows the ID only.
type Private struct {
	key         ed25519.PrivateKey
	spki        []byte
	id          ID
	certificate tls.Certificate
}

// The certificate never runs out: the key is pinned, and a device with a wrong clock must still get in.
var (
	notBefore = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	notAfter  = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC) // "no well-defined expiration", RFC 5280 section 4.1.2.5
)

func newPrivate(seed []byte) (*Private, error) {
	p := &Private{key: ed25519.NewKeyFromSeed(seed)}
	var err error
	if p.spki, err = x509.MarshalPKIXPublicKey(p.key.Public()); err != nil {
		return nil, err
	}
	p.id = Of(p.spki)
	return p, p.certify()
}

// certify makes the certificate. All in it follows from the key: Ed25519 signs without chance.
func (p *Private) certify() error {
	template := &x509.Certificate{
		SerialNumber:          new(big.Int).SetBytes(p.id[:16]),
		NotBefore:             notBefore,
		NotAfter:              notAfter,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, p.key.Public(), p.key)
	if err != nil {
		return err
	}
	leaf, err := x509.ParseCertificate(der)
	p.certificate = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: p.key, Leaf: leaf}
	return err
}

// ID returns who this device is.
func (p *Private) ID() ID { return p.id }

// SPKI returns the public key.
func (p *Private) SPKI() []byte { return slices.Clone(p.spki) }

// Certificate returns the self-signed certificate with its key: empty subject, far dates, always the same for this key.
func (p *Private) Certificate() tls.Certificate { return p.certificate }

// String keeps the key out of logs.
func (p *Private) String() string { return "device " + p.id.Short() }

// Format keeps the key out of logs, whatever the verb.
func (p *Private) Format(s fmt.State, _ rune) { fmt.Fprint(s, p.String()) }
