package mdns

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/grandcat/zeroconf"
)

const (
	service = "_croft._tcp"
	domain  = "local"
	// settle is how old a registration is at least when it is taken back:
	// zeroconf counts its goroutines only once they run.
	settle = 250 * time.Millisecond
)

// record is what is announced.
type record struct {
	instance, host string
	port           int
	text           text
}

// register announces r on l until stop is called, which says goodbye.
func register(r record, l links) (stop func(), err error) {
	s, err := zeroconf.RegisterProxy(r.instance, service, domain, r.port, r.host, l.ips(), r.text.strings(), l.interfaces)
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrNoMulticast, err)
	}
	ready := time.Now().Add(settle)
	return func() {
		time.Sleep(time.Until(ready))
		s.Shutdown()
	}, nil
}

// answer is what somebody announced, unchecked.
type answer struct {
	instance string
	port     int
	text     []string
	ips      []net.IP
}

// search asks on the interfaces and gives heard what is answered until ctx
// ends, from two goroutines. It fails when neither IPv4 nor IPv6 can be used.
func search(ctx context.Context, interfaces []net.Interface, heard func(answer)) error {
	var err4, err6 error
	var both sync.WaitGroup
	both.Go(func() { err4 = searchOver(ctx, zeroconf.IPv4, interfaces, heard) })
	both.Go(func() { err6 = searchOver(ctx, zeroconf.IPv6, interfaces, heard) })
	both.Wait()
	if err4 != nil && err6 != nil {
		return fmt.Errorf("%w (%w; %w)", ErrNoMulticast, err4, err6)
	}
	return nil
}

func searchOver(ctx context.Context, kind zeroconf.IPType, interfaces []net.Interface, heard func(answer)) error {
	r, err := zeroconf.NewResolver(zeroconf.SelectIPTraffic(kind), zeroconf.SelectIfaces(interfaces))
	if err != nil {
		return err
	}
	entries := make(chan *zeroconf.ServiceEntry)
	err = r.Browse(ctx, service, domain, entries)
	for e := range entries { // closed after ctx has ended, and after an error of Browse too
		heard(answer{instance: e.Instance, port: e.Port, text: e.Text, ips: append(e.AddrIPv4, e.AddrIPv6...)})
	}
	return err
}

// addresses returns those that may be noted, at most answerAddressesMax read.
func (a answer) addresses() []netip.AddrPort {
	if a.port < 1 || a.port > 65535 {
		return nil
	}
	var found []netip.AddrPort
	for _, ip := range a.ips[:min(len(a.ips), answerAddressesMax)] {
		if addr, ok := netip.AddrFromSlice(ip); ok && near(addr.Unmap()) {
			found = append(found, netip.AddrPortFrom(addr.Unmap(), uint16(a.port)))
		}
	}
	return found
}
