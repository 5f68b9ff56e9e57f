package lan

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"
)

const (
	socketsMax   = 64 // of one Listener; a machine full of containers has many addresses
	portAttempts = 16 // to find a port that is free on all addresses
	acceptPause  = 100 * time.Millisecond
)

// Listener accepts connections on each private address of this device, and
// follows the addresses when they change. It is a net.Listener.
type Listener struct {
	network  *Network
	purpose  string
	accepted chan *Conn
	done     chan struct{}
	running  sync.WaitGroup

	mu      sync.Mutex
	port    uint16 // 0 until the first socket chose one
	sockets map[netip.Addr]net.Listener
	problem error
	closed  bool
}

// Listen listens on port, or on any that is free when port is 0, until ctx ends
// or Close is called. A device that is on no network yet is listened on as soon
// as it is. Connections from other networks are closed before a byte is read.
func (n *Network) Listen(ctx context.Context, port uint16, purpose string) (*Listener, error) {
	l := &Listener{
		network:  n,
		purpose:  purpose,
		port:     port,
		accepted: make(chan *Conn),
		done:     make(chan struct{}),
		sockets:  map[netip.Addr]net.Listener{},
	}
	err := l.follow(ctx)
	if err == nil {
		err = l.problem
	}
	if err != nil {
		l.Close()
		return nil, err
	}
	l.running.Go(func() { l.followUntil(ctx) })
	return l, nil
}

func (l *Listener) followUntil(ctx context.Context) {
	tick := time.NewTicker(l.network.poll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			l.shut()
			return
		case <-l.done:
			return
		case <-tick.C:
			// What fails is tried again at the next tick, and told by Problem.
			_ = l.follow(ctx)
		}
	}
}

// follow opens and closes sockets until they are those of the addresses there are.
func (l *Listener) follow(ctx context.Context) error {
	list, err := l.network.interfacesNow(0)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil || l.closed {
		l.problem = err
		return err
	}
	want := listenable(list, l.network.vpn.Load())
	for a, s := range l.sockets {
		if _, stays := want[a]; !stays {
			s.Close()
			delete(l.sockets, a)
		}
	}
	if l.port == 0 {
		l.problem = l.choosePortLocked(ctx, want)
	} else {
		l.problem = l.openLocked(ctx, want)
	}
	return nil
}

// choosePortLocked opens the first sockets on a port that is free on all addresses.
func (l *Listener) choosePortLocked(ctx context.Context, want map[netip.Addr]Interface) (err error) {
	for range portAttempts {
		err = l.openLocked(ctx, want)
		if !errors.Is(err, errPortTaken) {
			return err
		}
		for a, s := range l.sockets {
			s.Close()
			delete(l.sockets, a)
		}
		l.port = 0
	}
	return err
}

// openLocked opens the sockets that are missing, as many as it can.
func (l *Listener) openLocked(ctx context.Context, want map[netip.Addr]Interface) error {
	var problems []error
	for a, i := range want {
		if l.sockets[a] != nil {
			continue
		}
		s, err := listenOn(ctx, netip.AddrPortFrom(a, l.port), i.PointToPoint)
		if errors.Is(err, errNotYet) {
			continue
		}
		if err != nil {
			problems = append(problems, err)
			continue
		}
		l.port = portOf(s)
		l.sockets[a] = s
		l.running.Go(func() { l.acceptFrom(s) })
	}
	return errors.Join(problems...)
}

var (
	errPortTaken = errors.New("another program uses this port; choose another or stop that program")
	errNotYet    = errors.New("the address is not ready")
)

func listenOn(ctx context.Context, at netip.AddrPort, pointToPoint bool) (net.Listener, error) {
	c := net.ListenConfig{
		KeepAliveConfig: keepAlive,
		Control: func(_, _ string, raw syscall.RawConn) error {
			return controlListener(raw, pointToPoint)
		},
	}
	c.SetMultipathTCP(false) // see Network.dial
	s, err := c.Listen(ctx, "tcp", at.String())
	switch {
	case err == nil:
		return s, nil
	case isAddressMissing(err):
		err = errNotYet // an IPv6 address that is still checked for doubles, or gone again
	case isPortTaken(err):
		err = errPortTaken
	}
	return nil, fmt.Errorf("listen on %v: %w", at, cause(err))
}

func portOf(s net.Listener) uint16 { return s.Addr().(*net.TCPAddr).AddrPort().Port() }

// acceptFrom hands the connections of one socket to Accept until it is closed.
func (l *Listener) acceptFrom(s net.Listener) {
	for {
		raw, err := s.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // too many open files, or a caller that was gone again
			l.pause()
			continue
		}
		if c, ok := l.admit(raw); ok {
			l.hand(c)
		}
	}
}

func (l *Listener) pause() {
	select {
	case <-l.done:
	case <-time.After(acceptPause):
	}
}

// admit cuts off who is not on our network.
func (l *Listener) admit(raw net.Conn) (*Conn, bool) {
	remote := raw.RemoteAddr().(*net.TCPAddr).AddrPort()
	remote = netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port())
	c := &Conn{Conn: raw, network: l.network, remote: remote}
	c.entry = Entry{Time: time.Now(), Direction: In, Address: remote, Purpose: l.purpose}
	if _, err := l.network.through(remote.Addr(), listAgeMax); err != nil {
		c.cut(outcomeOf(err))
		return nil, false
	}
	l.network.watch(c)
	return c, true
}

func (l *Listener) hand(c *Conn) {
	select {
	case l.accepted <- c:
	case <-l.done:
		c.cut("refused: this device stopped listening")
	}
}

// Accept returns the next connection, a *Conn, and net.ErrClosed after Close.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.accepted:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Addrs returns the addresses listened on at the moment, in order.
func (l *Listener) Addrs() []netip.AddrPort {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []netip.AddrPort
	for a := range l.sockets {
		out = append(out, netip.AddrPortFrom(a, l.port))
	}
	slices.SortFunc(out, netip.AddrPort.Compare)
	return out
}

// Addr returns the first of Addrs, or an unspecified address when there is none.
func (l *Listener) Addr() net.Addr {
	if all := l.Addrs(); len(all) > 0 {
		return net.TCPAddrFromAddrPort(all[0])
	}
	return &net.TCPAddr{Port: int(l.Port())}
}

// Port returns the port of all addresses, 0 while none was chosen.
func (l *Listener) Port() uint16 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.port
}

// Problem says why some address is not listened on, if it should be.
func (l *Listener) Problem() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.problem
}

// Close stops listening. Connections that were accepted stay open.
func (l *Listener) Close() error {
	l.shut()
	l.running.Wait()
	l.network.ledger.flush()
	return nil
}

func (l *Listener) shut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.closed = true
	close(l.done)
	for a, s := range l.sockets {
		s.Close()
		delete(l.sockets, a)
	}
}
