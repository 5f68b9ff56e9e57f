package lan

import (
	"fmt"
	"net"
	"net/netip"
	"runtime"
)

// System returns the interfaces of this device, without the loopback. On Android
// those without an address are left out.
func System() ([]Interface, error) {
	if runtime.GOOS == "android" {
		return byAddress()
	}
	found, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list the network interfaces: %w", err)
	}
	var out []Interface
	for _, i := range found {
		if i.Flags&net.FlagLoopback != 0 {
			continue
		}
		addresses, err := i.Addrs()
		if err != nil {
			continue // it went away since it was listed
		}
		out = append(out, Interface{
			Name:      i.Name,
			Index:     i.Index,
			Prefixes:  prefixes(addresses),
			Up:        i.Flags&net.FlagUp != 0 && i.Flags&net.FlagRunning != 0,
			Multicast: i.Flags&net.FlagMulticast != 0,
			// Windows does not call WireGuard's interfaces point-to-point, nor
			// Android its mobile ones, but neither can broadcast.
			PointToPoint: i.Flags&net.FlagPointToPoint != 0 || i.Flags&net.FlagBroadcast == 0,
		})
	}
	return out, nil
}

func prefixes(addresses []net.Addr) (out []netip.Prefix) {
	for _, a := range addresses {
		n, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		ip, ok := netip.AddrFromSlice(n.IP)
		ones, bits := n.Mask.Size()
		if ip = ip.Unmap(); !ok || ip.IsLoopback() || bits != ip.BitLen() {
			continue
		}
		out = append(out, netip.PrefixFrom(ip, ones))
	}
	return out
}

// Self lists only the loopback, for two ends on one machine: in tests, and for a
// server that its owner runs beside Croft.
func Self() ([]Interface, error) {
	return []Interface{{
		Name:     "loopback",
		Prefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8"), netip.MustParsePrefix("::1/128")},
		Up:       true,
	}}, nil
}
