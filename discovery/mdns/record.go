package mdns

import (
	"crypto/rand"
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
)

const (
	version        = 1
	textStringsMax = 8 // of one TXT record that are read
	instanceBytes  = 8
)

// text is what a TXT record says.
type text struct {
	version int // 1 to 999
	pairing bool
}

func (t text) strings() []string {
	s := []string{"v=" + strconv.Itoa(t.version)}
	if t.pairing {
		s = append(s, "p=1")
	}
	return s
}

// parseText reads the strings of a TXT record; false means that it is not one
// of ours. RFC 6763, section 6: of a repeated key the first counts, and case
// does not matter.
func parseText(records []string) (text, bool) {
	keys := map[string]string{}
	for _, r := range records[:min(len(records), textStringsMax)] {
		key, value, _ := strings.Cut(r, "=")
		key = strings.ToLower(key)
		if _, again := keys[key]; !again {
			keys[key] = value
		}
	}
	v, ok := parseVersion(keys["v"])
	return text{version: v, pairing: keys["p"] == "1"}, ok
}

// parseVersion takes 1 to 999, written without sign or leading zero.
func parseVersion(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	ok := err == nil && n >= 1 && n <= 999 && strconv.Itoa(n) == s
	if !ok {
		return 0, false
	}
	return n, true
}

// newName makes the name of an instance or a host: nobody can tell from it
// whose it is, nor that it was seen before.
func newName() string {
	var b [instanceBytes]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func isName(s string) bool {
	return len(s) == 2*instanceBytes && strings.Trim(s, "0123456789abcdef") == ""
}

// metadata answers with secrets to every program on a rented machine.
var metadata = netip.AddrFrom4([4]byte{169, 254, 169, 254})

// near reports whether a, unmapped and without a zone, is of a kind that is
// announced and heard: private or IPv4 link-local.
func near(a netip.Addr) bool {
	return a.IsPrivate() || a.Is4() && a.IsLinkLocalUnicast() && a != metadata
}
