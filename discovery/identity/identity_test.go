package identity

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
)

// The first key pair of RFC 8032 section 7.1.
const (
	rfcSeed   = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
	rfcPublic = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func rfcDevice(t testing.TB) *Private {
	t.Helper()
	p, err := newPrivate(unhex(t, rfcSeed))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestIDIsTheHashOfTheKeyAsRFC8410WritesIt(t *testing.T) {
	spki := unhex(t, "302a300506032b6570032100"+rfcPublic)
	p := rfcDevice(t)
	if !slices.Equal(p.SPKI(), spki) {
		t.Errorf("SPKI %x, want %x", p.SPKI(), spki)
	}
	if want := ID(sha256.Sum256(spki)); p.ID() != want || Of(spki) != want {
		t.Errorf("ID %v and %v, want %v", p.ID(), Of(spki), want)
	}
	p.SPKI()[0] ^= 1
	if !slices.Equal(p.SPKI(), spki) {
		t.Error("who reads the key can change it")
	}
}

func TestIDAsText(t *testing.T) {
	id := rfcDevice(t).ID()
	if got, err := ParseID(id.String()); err != nil || got != id {
		t.Errorf("read back %v, %v", got, err)
	}
	if id.Short() != id.String()[:8] {
		t.Errorf("short %q of %v", id.Short(), id)
	}
	b, err := json.Marshal(map[ID]ID{id: id})
	if want := fmt.Sprintf("{%q:%q}", id, id); err != nil || string(b) != want {
		t.Errorf("JSON %s, %v, want %s", b, err, want)
	}
	var back map[ID]ID
	if err := json.Unmarshal(b, &back); err != nil || back[id] != id {
		t.Errorf("JSON read back %v, %v", back, err)
	}
	kept := id
	for _, bad := range []string{
		"", id.String()[1:], id.String() + "0", strings.ToUpper(id.String()), " " + id.String()[1:], "g" + id.String()[1:],
	} {
		if err := kept.UnmarshalText([]byte(bad)); err == nil || kept != id {
			t.Errorf("%q was read as %v, %v", bad, kept, err)
		}
	}
}

func TestCertificateFollowsFromTheKey(t *testing.T) {
	p, again := rfcDevice(t), rfcDevice(t)
	c := p.Certificate()
	if len(c.Certificate) != 1 || !slices.Equal(c.Certificate[0], again.Certificate().Certificate[0]) {
		t.Error("two certificates of one key differ")
	}
	// Another certificate would still be the same device; this only notices that it changed.
	const want = "02d81d85a63a6a87"
	if got := hex.EncodeToString(Of(c.Certificate[0]).bytes()[:8]); got != want {
		t.Errorf("the certificate's hash begins with %s, want %s", got, want)
	}
	leaf, err := x509.ParseCertificate(c.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	if s := leaf.Subject.String() + leaf.Issuer.String(); s != "" || len(leaf.DNSNames)+len(leaf.IPAddresses) > 0 {
		t.Errorf("the certificate names %q, %v, %v", s, leaf.DNSNames, leaf.IPAddresses)
	}
	if leaf.NotBefore.Year() != 2000 || leaf.NotAfter.Year() != 9999 {
		t.Errorf("valid from %v to %v", leaf.NotBefore, leaf.NotAfter)
	}
	if err := leaf.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature); err != nil {
		t.Error(err)
	}
}

func (id ID) bytes() []byte { return id[:] }

func TestPrintingKeepsTheKey(t *testing.T) {
	p := rfcDevice(t)
	all := fmt.Sprintf("%v %+v %#v %s %x %d %q", p, p, p, p, p, p, p)
	whole := map[string]any{"me": p}
	b, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	if all += string(b); strings.Contains(all, rfcSeed[:6]) || strings.Contains(all, "157 97 177") {
		t.Errorf("the seed is in %q", all)
	}
	if !strings.Contains(all, p.ID().Short()) {
		t.Errorf("nothing says which device in %q", all)
	}
}

func TestPeer(t *testing.T) {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	one, other := rfcDevice(t).Certificate().Leaf, selfSigned(t, private.Public(), private)
	odd := *one
	odd.RawSubjectPublicKeyInfo = append(slices.Clone(one.RawSubjectPublicKeyInfo), 0)
	for name, c := range map[string]struct {
		shown []*x509.Certificate
		want  ID
	}{
		"ours":              {[]*x509.Certificate{one}, rfcDevice(t).ID()},
		"made elsewhere":    {[]*x509.Certificate{other}, Of(other.RawSubjectPublicKeyInfo)},
		"none":              {nil, ID{}},
		"two":               {[]*x509.Certificate{one, other}, ID{}},
		"the same twice":    {[]*x509.Certificate{one, one}, ID{}},
		"ECDSA":             {[]*x509.Certificate{selfSigned(t, ec.Public(), ec)}, ID{}},
		"RSA":               {[]*x509.Certificate{selfSigned(t, rs.Public(), rs)}, ID{}},
		"not canonical":     {[]*x509.Certificate{&odd}, ID{}},
		"no key understood": {[]*x509.Certificate{{}}, ID{}},
	} {
		id, spki, err := Peer(tls.ConnectionState{PeerCertificates: c.shown})
		switch {
		case id != c.want:
			t.Errorf("%s: device %v, want %v", name, id, c.want)
		case c.want == ID{} && (!errors.Is(err, ErrNoDevice) || spki != nil):
			t.Errorf("%s: key %x, error %v, want %v", name, spki, err, ErrNoDevice)
		case c.want != ID{} && (err != nil || Of(spki) != id):
			t.Errorf("%s: key %x, error %v", name, spki, err)
		}
	}
}

func selfSigned(t testing.TB, public, private any) *x509.Certificate {
	t.Helper()
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Anna's phone"}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, public, private)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

func FuzzParseID(f *testing.F) {
	f.Add(rfcSeed)
	f.Add(strings.ToUpper(rfcSeed))
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseID(s)
		if err == nil && id.String() != s {
			t.Errorf("%q was read as %v", s, id)
		}
		if len(s) > 1000 && err != nil && len(err.Error()) > 500 {
			t.Errorf("the error repeats %d bytes", len(err.Error()))
		}
	})
}

// Certificates come from anybody on the network.
func FuzzPeer(f *testing.F) {
	f.Add(rfcDevice(f).Certificate().Certificate[0])
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(selfSigned(f, ec.Public(), ec).Raw)
	f.Fuzz(func(t *testing.T, der []byte) {
		leaf, err := x509.ParseCertificate(der)
		if err != nil {
			return
		}
		id, spki, err := Peer(tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}})
		if err == nil && (len(spki) != 44 || Of(leaf.RawSubjectPublicKeyInfo) != id) {
			t.Errorf("device %v with key %x from %x", id, spki, der)
		}
	})
}
