package lan

import (
	"errors"
	"net/netip"
	"testing"
)

func iface(name string, prefixes ...string) Interface {
	i := Interface{Name: name, Up: true}
	for _, p := range prefixes {
		i.Prefixes = append(i.Prefixes, netip.MustParsePrefix(p))
	}
	return i
}

func down(i Interface) Interface {
	i.Up = false
	return i
}

func pointToPoint(i Interface) Interface {
	i.PointToPoint = true
	return i
}

// home is a laptop at home: Wi-Fi, containers, a cable that is out, a VPN at
// work, Tailscale, and an interface with a public address.
var home = []Interface{
	iface("wlan0", "192.168.1.20/24", "fe80::1/64", "fd12:3456:789a:1::20/64", "2a02:8071::20/64"),
	iface("docker0", "172.17.0.1/16"),
	down(iface("eth0", "192.168.7.20/24")),
	iface("usb0", "169.254.17.3/16"),
	iface("dmz0", "203.0.113.9/1", "198.51.100.7/24"),
	pointToPoint(iface("tun0", "10.8.0.2/8")),
	pointToPoint(iface("tailscale0", "100.101.102.103/32", "fd7a:115c:a1e0::53/128")),
}

var addresses = []struct {
	address      string
	without, vpn error // what is expected without and with the owner's VPN
}{
	{"192.168.1.1", nil, nil},
	{"192.168.1.20", nil, nil},
	{"192.168.1.254", nil, nil},
	{"::ffff:192.168.1.9", nil, nil},
	{"172.17.0.2", nil, nil},
	{"172.17.255.254", nil, nil},
	{"169.254.17.4", nil, nil},
	{"fd12:3456:789a:1::9", nil, nil},

	{"192.168.1.0", ErrOffLink, ErrOffLink},
	{"192.168.1.255", ErrOffLink, ErrOffLink},
	{"172.17.255.255", ErrOffLink, ErrOffLink},
	{"192.168.2.1", ErrOffLink, ErrOffLink},
	{"192.168.7.1", ErrOffLink, ErrOffLink}, // its cable is out
	{"172.18.0.2", ErrOffLink, ErrOffLink},
	{"fd12:3456:789a:2::9", ErrOffLink, ErrOffLink},
	{"127.0.0.1", ErrOffLink, ErrOffLink},
	{"::1", ErrOffLink, ErrOffLink},

	{"10.0.0.5", ErrVPN, nil},
	{"10.255.255.254", ErrVPN, nil},
	{"100.64.0.1", ErrVPN, nil},
	{"100.127.255.254", ErrVPN, nil},
	{"fd7a:115c:a1e0::99", ErrVPN, nil},
	{"fd7a:115c:a1e0:ffff::99", ErrVPN, nil},

	{"100.63.255.255", ErrPublic, ErrPublic},
	{"100.128.0.1", ErrPublic, ErrPublic},
	{"8.8.8.8", ErrPublic, ErrPublic},
	{"::ffff:8.8.8.8", ErrPublic, ErrPublic},
	{"203.0.113.10", ErrPublic, ErrPublic},     // on-link, but public
	{"198.51.100.8", ErrPublic, ErrPublic},     // the same
	{"172.32.0.1", ErrPublic, ErrPublic},       // just past 172.16.0.0/12
	{"172.15.255.1", ErrPublic, ErrPublic},     // just before
	{"192.167.1.1", ErrPublic, ErrPublic},      // a typing error
	{"2a02:8071::21", ErrPublic, ErrPublic},    // on-link, but public
	{"2001:db8::1", ErrPublic, ErrPublic},      // documentation
	{"2620:fe::fe", ErrPublic, ErrPublic},      // a resolver
	{"::127.0.0.1", ErrPublic, ErrPublic},      // IPv4-compatible, of old
	{"fec0::1", ErrPublic, ErrPublic},          // site-local, of old
	{"192.0.0.192", ErrPublic, ErrPublic},      // a cloud's metadata
	{"198.18.0.1", ErrPublic, ErrPublic},       // benchmarking
	{"240.0.0.1", ErrPublic, ErrPublic},        // reserved
	{"64:ff9a::1.2.3.4", ErrPublic, ErrPublic}, // before NAT64

	{"0.0.0.0", ErrUnusable, ErrUnusable},
	{"0.1.2.3", ErrUnusable, ErrUnusable},
	{"::", ErrUnusable, ErrUnusable},
	{"::ffff:0.0.0.0", ErrUnusable, ErrUnusable},
	{"255.255.255.255", ErrUnusable, ErrUnusable},
	{"224.0.0.251", ErrUnusable, ErrUnusable},
	{"239.255.255.250", ErrUnusable, ErrUnusable},
	{"ff02::fb", ErrUnusable, ErrUnusable},
	{"169.254.169.254", ErrUnusable, ErrUnusable}, // though usb0 holds it
	{"::ffff:169.254.169.254", ErrUnusable, ErrUnusable},
	{"169.254.170.2", ErrUnusable, ErrUnusable},
	{"fd00:ec2::254", ErrUnusable, ErrUnusable},
	{"fe80::2", ErrUnusable, ErrUnusable},
	{"fe80::2%wlan0", ErrUnusable, ErrUnusable},
	{"fd12:3456:789a:1::9%wlan0", ErrUnusable, ErrUnusable},
	{"64:ff9b::192.168.1.1", ErrUnusable, ErrUnusable},
	{"64:ff9b:1::192.168.1.1", ErrUnusable, ErrUnusable},
	{"2002:c0a8:101::1", ErrUnusable, ErrUnusable},
	{"2001::1", ErrUnusable, ErrUnusable},
}

func TestAddresses(t *testing.T) {
	for _, c := range addresses {
		a := netip.MustParseAddr(c.address)
		for vpn, want := range map[bool]error{false: c.without, true: c.vpn} {
			_, err := onLink(home, vpn, a)
			wantRefused(t, err, want)
			if t.Failed() {
				t.Fatalf("%v with the VPN allowed: %v", a, vpn)
			}
		}
	}
	_, err := onLink(home, true, netip.Addr{})
	wantRefused(t, err, ErrUnusable)
}

// wantRefused fails unless err is an AddressError for why, or nil when why is.
func wantRefused(t *testing.T, err, why error) {
	t.Helper()
	var refused *AddressError
	switch {
	case why == nil && err != nil:
		t.Errorf("refused: %v", err)
	case why != nil && (!errors.As(err, &refused) || refused.Err != why):
		t.Errorf("got %v, want %v", err, why)
	}
}

func TestAddressesOfOddInterfaces(t *testing.T) {
	for name, c := range map[string]struct {
		list    []Interface
		vpn     bool
		address string
		want    error
	}{
		"no interfaces":                      {nil, true, "192.168.1.1", ErrOffLink},
		"a prefix of nothing":                {[]Interface{{Name: "x", Up: true, Prefixes: []netip.Prefix{{}}}}, true, "192.168.1.1", ErrOffLink},
		"everything on-link by a public one": {[]Interface{iface("x", "9.9.9.9/0")}, true, "192.168.1.1", ErrOffLink},
		"two on one network, one down":       {[]Interface{down(iface("x", "192.168.1.2/24")), iface("y", "192.168.1.3/24")}, false, "192.168.1.1", nil},
		"VPN and Wi-Fi on one network":       {[]Interface{pointToPoint(iface("x", "192.168.1.2/24")), iface("y", "192.168.1.3/24")}, false, "192.168.1.1", nil},
		"both ends of a /31":                 {[]Interface{iface("x", "10.0.0.0/31")}, false, "10.0.0.1", nil},
		"the first of a /31":                 {[]Interface{iface("x", "10.0.0.1/31")}, false, "10.0.0.0", nil},
		"a provider's 100.64.0.0/10":         {[]Interface{pointToPoint(iface("ppp0", "100.64.3.4/32"))}, true, "100.64.3.5", ErrOffLink},
		"the same, no point-to-point":        {[]Interface{iface("wwan0", "100.64.3.4/24")}, false, "100.64.3.5", ErrVPN},
		"Tailscale by its IPv6 network":      {[]Interface{pointToPoint(iface("utun4", "100.64.3.4/32", "fd7a:115c:a1e0::1/128"))}, true, "100.99.0.1", nil},
		"Tailscale that is off":              {[]Interface{down(pointToPoint(iface("tailscale0", "100.64.3.4/32")))}, true, "100.99.0.1", ErrOffLink},
		"loopback, as a list names it":       {must(Self()), false, "127.0.0.1", nil},
		"IPv6 loopback, as a list names it":  {must(Self()), false, "::1", nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := onLink(c.list, c.vpn, netip.MustParseAddr(c.address))
			wantRefused(t, err, c.want)
		})
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestListenable(t *testing.T) {
	for vpn, want := range map[bool][]string{
		false: {"192.168.1.20", "fd12:3456:789a:1::20", "172.17.0.1", "169.254.17.3"},
		true: {
			"192.168.1.20", "fd12:3456:789a:1::20", "172.17.0.1", "169.254.17.3", "10.8.0.2",
			"100.101.102.103", "fd7a:115c:a1e0::53",
		},
	} {
		got := listenable(home, vpn)
		for _, a := range want {
			if _, ok := got[netip.MustParseAddr(a)]; !ok {
				t.Errorf("%s is not listened on, VPN %v", a, vpn)
			}
		}
		if len(got) != len(want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	var many []Interface
	for i := range 300 {
		a := netip.AddrFrom4([4]byte{10, byte(i / 256), byte(i), 1})
		many = append(many, Interface{Name: "veth", Up: true, Prefixes: []netip.Prefix{netip.PrefixFrom(a, 24)}})
	}
	if n := len(listenable(many, false)); n != socketsMax {
		t.Errorf("%d sockets for 300 addresses, want %d", n, socketsMax)
	}
}

func TestSystemLeavesOutTheLoopback(t *testing.T) {
	list, err := System()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		for _, p := range i.Prefixes {
			if !p.IsValid() || p.Addr().IsLoopback() || p.Addr().Is4In6() || p.Addr().Zone() != "" {
				t.Errorf("%s has %v", i.Name, p)
			}
		}
	}
	wantRefused(t, New(Options{}).Allowed(netip.MustParseAddr("127.0.0.1")), ErrOffLink)
}

// Whatever the address and the interface: what is allowed lies bit for bit
// inside the prefix and inside a network that RFC 1918, RFC 4193, RFC 3927 or
// Tailscale names, and what is refused is refused with a reason.
func FuzzAddresses(f *testing.F) {
	for _, c := range addresses {
		a := netip.MustParseAddr(c.address).As16()
		f.Add(a[:], a[:], uint8(24), true, true)
	}
	kept := []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "100.64.0.0/10", "127.0.0.0/8", "::1/128"}
	f.Fuzz(func(t *testing.T, address, own []byte, bits uint8, vpn, p2p bool) {
		a, ok := netip.AddrFromSlice(address)
		b, ok2 := netip.AddrFromSlice(own)
		if !ok || !ok2 {
			return
		}
		i := Interface{Up: true, PointToPoint: p2p, Prefixes: []netip.Prefix{netip.PrefixFrom(b.Unmap(), int(bits))}}
		_, err := onLink([]Interface{i}, vpn, a)
		if err != nil {
			var refused *AddressError
			if !errors.As(err, &refused) || refused.Err == nil || refused.Error() == "" {
				t.Fatalf("%v: refused without a reason: %v", a, err)
			}
			return
		}
		a = a.Unmap()
		inside := vpn && p2p && inTailnet(a) && tailnet6.Contains(b) || sameBits(a, b.Unmap(), int(bits))
		private := false
		for _, k := range kept {
			p := netip.MustParsePrefix(k)
			private = private || sameBits(a, p.Addr(), p.Bits())
		}
		if !inside || !private || p2p && !vpn {
			t.Fatalf("%v is allowed on %v, point to point %v, VPN %v", a, i.Prefixes, p2p, vpn)
		}
	})
}

// sameBits compares the first n bits, one by one.
func sameBits(a, b netip.Addr, n int) bool {
	x, y := a.AsSlice(), b.AsSlice()
	if len(x) != len(y) || n > 8*len(x) {
		return false
	}
	for i := range n {
		if (x[i/8]^y[i/8])>>(7-i%8)&1 != 0 {
			return false
		}
	}
	return true
}
