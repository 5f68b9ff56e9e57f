package lan

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	pollDefault = 3 * time.Second
	listAgeMax  = time.Second // of the interface list that accepted connections are held against
	dialMax     = 10 * time.Second
)

// A device that went away without a word is noticed after half a minute.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}

// Options say how a Network sees the world. The zero value is the system's.
type Options struct {
	// Interfaces lists the interfaces of this device; nil asks the system. It is
	// called from several goroutines.
	Interfaces func() ([]Interface, error)
	// VPN lets point-to-point interfaces count: the owner's own VPN.
	VPN bool
	// Record takes the ledger's entries, from several goroutines; nil drops them.
	Record func(Entry)
	// Poll is how often interfaces are looked at again, 3 s when 0.
	Poll time.Duration
}

// Network dials and listens on the networks that this device is on.
type Network struct {
	interfaces func() ([]Interface, error)
	vpn        atomic.Bool
	poll       time.Duration
	ledger     ledger

	mu     sync.Mutex
	list   []Interface // as of listed
	listed time.Time
	conns  map[*Conn]struct{}
	stop   chan struct{} // ends the watch; nil when none runs
}

// New returns a Network. It holds nothing until something is dialled or listened to.
func New(o Options) *Network {
	n := &Network{
		interfaces: o.Interfaces,
		poll:       o.Poll,
		ledger:     ledger{record: o.Record},
		conns:      map[*Conn]struct{}{},
	}
	if n.interfaces == nil {
		n.interfaces = System
	}
	if n.poll <= 0 {
		n.poll = pollDefault
	}
	n.vpn.Store(o.VPN)
	return n
}

// SetVPN lets point-to-point interfaces count, or no longer: then connections
// through them are cut within two polls.
func (n *Network) SetVPN(on bool) { n.vpn.Store(on) }

// Interfaces lists the interfaces of this device as they are now.
func (n *Network) Interfaces() ([]Interface, error) { return n.interfacesNow(0) }

// interfacesNow returns a list that is not older than age.
func (n *Network) interfacesNow(age time.Duration) ([]Interface, error) {
	n.mu.Lock()
	list, listed := n.list, n.listed
	n.mu.Unlock()
	if age > 0 && time.Since(listed) < age {
		return list, nil
	}
	now := time.Now()
	list, err := n.interfaces()
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list, n.listed = list, now
	return list, nil
}

// Allowed returns nil when a may be spoken to, and an *AddressError with the
// reason when not.
func (n *Network) Allowed(a netip.Addr) error {
	_, err := n.through(a, 0)
	return err
}

// through returns the interface through which a is reached.
func (n *Network) through(a netip.Addr, age time.Duration) (Interface, error) {
	list, err := n.interfacesNow(age)
	if err != nil {
		return Interface{}, err
	}
	return onLink(list, n.vpn.Load(), a)
}

type deviceKey struct{}

// ForDevice lets the ledger say which device a Dial with ctx was meant for, even
// if nobody answers.
func ForDevice(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, deviceKey{}, id)
}

// Dial connects to a device on the same network. It fails with an *AddressError
// before anything is sent when the address is not allowed.
func (n *Network) Dial(ctx context.Context, to netip.AddrPort, purpose string) (*Conn, error) {
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	device, _ := ctx.Value(deviceKey{}).(string)
	e := Entry{Time: time.Now(), Direction: Out, Device: device, Address: to, Purpose: purpose}
	raw, err := n.dial(ctx, to)
	if err != nil {
		e.Outcome = outcomeOf(err)
		n.ledger.write(e)
		return nil, err
	}
	c := &Conn{Conn: raw, network: n, remote: to, entry: e}
	n.watch(c)
	return c, nil
}

func outcomeOf(err error) string {
	var refused *AddressError
	if errors.As(err, &refused) {
		return "refused: " + refused.Err.Error()
	}
	return "failed: " + err.Error()
}

func (n *Network) dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	list, err := n.interfacesNow(0)
	if err == nil {
		_, err = onLink(list, n.vpn.Load(), to.Addr())
	}
	if err == nil {
		err = checkRoute(ctx, list, n.vpn.Load(), to)
	}
	if err != nil {
		return nil, err
	}
	d := net.Dialer{
		Timeout:         dialMax,
		KeepAliveConfig: keepAlive,
		ControlContext: func(_ context.Context, _, address string, raw syscall.RawConn) error {
			return n.controlDial(address, raw)
		},
	}
	// A second path of Multipath TCP would be opened by the kernel, past the rule.
	d.SetMultipathTCP(false)
	c, err := d.DialContext(ctx, "tcp", to.String())
	if err != nil {
		return nil, fmt.Errorf("connect to %v: %w", to, cause(err))
	}
	return c, nil
}

// cause is what an error of package net is about, without its address.
func cause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// controlDial sees the address that the socket is about to connect to.
func (n *Network) controlDial(address string, raw syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	i, err := n.through(to.Addr(), 0)
	if err != nil {
		return err
	}
	return controlSocket(raw, i.PointToPoint)
}

// checkRoute makes sure that the system would reach to through an interface that
// is on its network: a VPN may have taken over the local addresses. Connecting a
// UDP socket sends nothing, it only chooses the route.
func checkRoute(ctx context.Context, list []Interface, vpn bool, to netip.AddrPort) error {
	c, err := new(net.Dialer).DialContext(ctx, "udp", to.String())
	if err != nil {
		return fmt.Errorf("connect to %v: %w", to, cause(err))
	}
	defer c.Close()
	from := c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap().WithZone("")
	why := ErrOffLink
	for _, i := range list {
		if !i.has(from) {
			continue
		}
		if _, err := onLink([]Interface{i}, vpn, to.Addr()); err == nil {
			return nil
		}
		if i.PointToPoint {
			why = ErrVPN
		}
	}
	return &AddressError{to.Addr(), why}
}
