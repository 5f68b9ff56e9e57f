package mdns

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

var (
	// ErrNoNetwork means that no interface that is up, takes multicast and has a
	// private address is there. It passes by itself once there is one.
	ErrNoNetwork = errors.New("mdns: this device is on no local network; connect it to one")
	// ErrNoMulticast means that the system let us join no multicast group.
	ErrNoMulticast = errors.New("mdns: devices cannot be looked for on this network; type the other device's address")
)

const addressesAnnouncedMax = 8

// Interfaces tells on which interfaces to announce and to ask, and which
// addresses of this device to announce, the important ones first. It is called
// again and again, so that changes are followed.
type Interfaces func() ([]net.Interface, []netip.Addr, error)

// links is what may be used of what Interfaces told.
type links struct {
	interfaces []net.Interface // up and able to multicast
	addresses  []netip.Addr    // near, at most addressesAnnouncedMax, sorted
}

func (f Interfaces) links() (links, error) {
	interfaces, addresses, err := f()
	if err != nil {
		return links{}, fmt.Errorf("mdns: cannot read this device's network interfaces: %w", err)
	}
	var l links
	for _, i := range interfaces {
		if i.Flags&net.FlagUp != 0 && i.Flags&net.FlagMulticast != 0 {
			l.interfaces = append(l.interfaces, i)
		}
	}
	for _, a := range addresses {
		a = a.Unmap()
		if len(l.addresses) < addressesAnnouncedMax && a.Zone() == "" && near(a) && !slices.Contains(l.addresses, a) {
			l.addresses = append(l.addresses, a)
		}
	}
	slices.SortFunc(l.interfaces, func(a, b net.Interface) int { return a.Index - b.Index })
	slices.SortFunc(l.addresses, netip.Addr.Compare)
	return l, nil
}

// key differs between links that have to be announced differently. The flags
// are in it so that a cable that is plugged in again is announced at once.
func (l links) key() string {
	var b strings.Builder
	for _, i := range l.interfaces {
		fmt.Fprintf(&b, "%d %q %d\n", i.Index, i.Name, i.Flags)
	}
	fmt.Fprint(&b, l.addresses)
	return b.String()
}

func (l links) ips() []string {
	ips := make([]string, len(l.addresses))
	for i, a := range l.addresses {
		ips[i] = a.String()
	}
	return ips
}
