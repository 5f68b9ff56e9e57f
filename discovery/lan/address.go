package lan

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
)

// Interface is a network interface of this device.
type Interface struct {
	Name  string
	Index int // the system's number for it; 0 where it has none
	// Prefixes hold the interface's own addresses with the length of the
	// network around each, as in 192.168.1.20/24.
	Prefixes []netip.Prefix
	// Up says that it is switched on and has a carrier.
	Up        bool
	Multicast bool
	// PointToPoint is true of VPNs and of mobile networks.
	PointToPoint bool
}

// Why an address is refused. An AddressError wraps one of them.
var (
	ErrUnusable = errors.New("addresses of this kind are never used")
	ErrPublic   = errors.New("it is not a private address, and only devices on the same network are spoken to")
	ErrOffLink  = errors.New("this device is not on that network; join the same network on both devices")
	ErrVPN      = errors.New("it is reached through a VPN; allow your own VPN in the settings to use it")
)

// AddressError says which address is refused and, in words, why.
type AddressError struct {
	Address netip.Addr
	Err     error // ErrUnusable, ErrPublic, ErrOffLink or ErrVPN
}

func (e *AddressError) Error() string { return fmt.Sprintf("%v is refused: %v", e.Address, e.Err) }

func (e *AddressError) Unwrap() error { return e.Err }

// unusable never carry a connection of ours. Those that are not private would be
// refused without the list, with a reason that is less true.
var unusable = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("255.255.255.255/32"),
	netip.MustParsePrefix("169.254.169.254/32"), // metadata of clouds, secrets included
	netip.MustParsePrefix("169.254.170.2/32"),   // the same for containers
	netip.MustParsePrefix("fd00:ec2::/32"),      // the same over IPv6
	netip.MustParsePrefix("fe80::/10"),          // link-local, means nothing without its zone
	netip.MustParsePrefix("64:ff9b::/96"),       // NAT64, RFC 6052
	netip.MustParsePrefix("64:ff9b:1::/48"),     // NAT64, RFC 8215
	netip.MustParsePrefix("2002::/16"),          // 6to4, RFC 3056
	netip.MustParsePrefix("2001::/32"),          // Teredo, RFC 4380
}

// Tailscale's networks. Its interfaces hold single addresses, the network around
// them is only in the routes.
var (
	tailnet4 = netip.MustParsePrefix("100.64.0.0/10")
	tailnet6 = netip.MustParsePrefix("fd7a:115c:a1e0::/48")
)

// onLink returns the interface through which a is reached.
func onLink(list []Interface, vpn bool, a netip.Addr) (Interface, error) {
	a = a.Unmap()
	refuse := func(why error) (Interface, error) { return Interface{}, &AddressError{a, why} }
	switch {
	case neverUsed(a):
		return refuse(ErrUnusable)
	case inTailnet(a) && !vpn:
		return refuse(ErrVPN)
	case !local(a):
		return refuse(ErrPublic)
	}
	why := ErrOffLink
	for _, i := range list {
		switch {
		case !i.Up || !i.holds(a):
		case i.PointToPoint && !vpn:
			why = ErrVPN
		default:
			return i, nil
		}
	}
	return refuse(why)
}

func neverUsed(a netip.Addr) bool {
	in := func(p netip.Prefix) bool { return p.Contains(a) }
	return !a.IsValid() || a.Zone() != "" || a.IsUnspecified() || a.IsMulticast() || slices.ContainsFunc(unusable, in)
}

func inTailnet(a netip.Addr) bool { return tailnet4.Contains(a) || tailnet6.Contains(a) }

// local reports whether a is of a kind that stays on a local network. The
// loopback is one: it is used where a list of interfaces holds it, and the
// system's list does not.
func local(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLoopback() || a.Is4() && a.IsLinkLocalUnicast() || inTailnet(a)
}

// holds reports whether a is an address of the networks that i is on.
func (i Interface) holds(a netip.Addr) bool {
	if i.PointToPoint && inTailnet(a) && i.onTailnet() {
		return true
	}
	return slices.ContainsFunc(i.Prefixes, func(p netip.Prefix) bool {
		return local(p.Addr()) && p.Contains(a) && !broadcast(p, a)
	})
}

// onTailnet tells Tailscale from a provider that uses 100.64.0.0/10 itself.
func (i Interface) onTailnet() bool {
	return i.Name == "tailscale0" || slices.ContainsFunc(i.Prefixes, func(p netip.Prefix) bool {
		return tailnet6.Contains(p.Addr())
	})
}

func (i Interface) has(a netip.Addr) bool {
	return slices.ContainsFunc(i.Prefixes, func(p netip.Prefix) bool { return p.Addr() == a })
}

// broadcast reports whether a is the first or last address of an IPv4 network,
// which stand for the network and for all of its hosts.
func broadcast(p netip.Prefix, a netip.Addr) bool {
	if !a.Is4() || p.Bits() > 30 {
		return false
	}
	return a == p.Masked().Addr() || !p.Contains(a.Next())
}

// listenable returns the addresses of list to listen on, each with its interface.
func listenable(list []Interface, vpn bool) map[netip.Addr]Interface {
	out := map[netip.Addr]Interface{}
	for _, i := range list {
		for _, p := range i.Prefixes {
			if found, err := onLink([]Interface{i}, vpn, p.Addr()); err == nil && len(out) < socketsMax {
				out[p.Addr()] = found
			}
		}
	}
	return out
}
