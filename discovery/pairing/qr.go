package pairing

import (
	"encoding/base32"
	"encoding/binary"
	"net/netip"
	"strings"

	"croft/discovery/identity"
)

const (
	picturePrefix  = "CROFT1:"
	pictureVersion = 1
	secretBytes    = 16
	addressesMax   = 4
)

// pictureText uses only characters that a QR code packs tightly.
var pictureText = base32.StdEncoding.WithPadding(base32.NoPadding)

// picture is what the other device's camera reads.
type picture struct {
	shower    identity.ID
	secret    [secretBytes]byte
	addresses []netip.AddrPort // the first four count
}

func (p picture) text() string {
	b := append([]byte{pictureVersion}, p.shower[:]...)
	b = append(b, p.secret[:]...)
	for _, a := range p.addresses[:min(len(p.addresses), addressesMax)] {
		ip := a.Addr().Unmap().WithZone("").AsSlice()
		b = append(b, byte(len(ip)))
		b = append(b, ip...)
		b = binary.BigEndian.AppendUint16(b, a.Port())
	}
	return picturePrefix + pictureText.EncodeToString(b)
}

// parsePicture accepts exactly what text writes; ErrText otherwise.
func parsePicture(text string) (picture, error) {
	var p picture
	const head = 1 + len(p.shower) + secretBytes
	code, ok := strings.CutPrefix(strings.TrimSpace(text), picturePrefix)
	if !ok || len(code) > pictureText.EncodedLen(head+addressesMax*(1+16+2)) {
		return picture{}, ErrText
	}
	b, err := pictureText.DecodeString(code)
	if err != nil || len(b) < head || b[0] != pictureVersion {
		return picture{}, ErrText
	}
	copy(p.shower[:], b[1:])
	copy(p.secret[:], b[1+len(p.shower):])
	if p.addresses, ok = parseAddresses(b[head:]); !ok || p.text() != picturePrefix+code {
		return picture{}, ErrText
	}
	return p, nil
}

// parseAddresses reads one to four addresses: length, address, port.
func parseAddresses(b []byte) (out []netip.AddrPort, ok bool) {
	for len(b) > 0 {
		n := int(b[0])
		if n != 4 && n != 16 || len(b) < 1+n+2 || len(out) == addressesMax {
			return nil, false
		}
		ip, _ := netip.AddrFromSlice(b[1 : 1+n])
		port := binary.BigEndian.Uint16(b[1+n:])
		if port == 0 || ip.Is4In6() {
			return nil, false
		}
		out = append(out, netip.AddrPortFrom(ip, port))
		b = b[1+n+2:]
	}
	return out, len(out) > 0
}
