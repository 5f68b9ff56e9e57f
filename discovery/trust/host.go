package trust

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"croft/discovery/identity"
	"croft/discovery/lan"
)

// limits are the doc comment's; tests wait for smaller ones.
type limits struct {
	handshakes      int // in flight
	handshakesOfOne int // address
	handshake       time.Duration
	connections     int           // of a device
	stall           time.Duration // in which nothing of an answer or of a body moves
	idle            time.Duration // without a request
	bodyBytes       int64
	streams         int // requests at once on a connection
}

var usual = limits{
	handshakes:      32,
	handshakesOfOne: 16,
	handshake:       5 * time.Second,
	connections:     8,
	stall:           30 * time.Second,
	idle:            60 * time.Second,
	bodyBytes:       8 << 20,
	streams:         16,
}

// Host answers the devices that are mine.
type Host struct {
	config  *tls.Config
	known   Known
	handler http.Handler
	log     *log.Logger
	limits  limits

	mu         sync.Mutex
	links      map[identity.ID][]*link // of each device, the oldest first
	handshakes map[netip.Addr]int      // in flight
	inFlight   int                     // of all addresses
}

// NewHost returns a Host whose handler answers the known devices; [Device] tells it which. A handler may trust that its
// request is cancelled when the device goes or is removed. It must return then, sets tighter bounds on bodies where it
// can, and needs no deadlines. Its panics go to the log, unless that is nil.
func NewHost(me *identity.Private, known Known, handler http.Handler, panics *log.Logger) *Host {
	if panics == nil {
		panics = log.New(io.Discard, "", 0)
	}
	return &Host{
		config:     Server(me, known),
		known:      known,
		handler:    handler,
		log:        panics,
		limits:     usual,
		links:      map[identity.ID][]*link{},
		handshakes: map[netip.Addr]int{},
	}
}

// Drop closes the connections of a device at once, which cancels its requests; what was to be sent is not. The device must
// not be known any more by then, else it may come back.
func (h *Host) Drop(device identity.ID) {
	h.mu.Lock()
	links := slices.Clone(h.links[device])
	h.mu.Unlock()
	for _, l := range links {
		l.cut("cut: the device was removed")
	}
}

// Serve answers at the listener until ctx ends or the listener is closed, which is no error. Then it cuts all connections
// it has made, and returns when their requests have returned.
func (h *Host) Serve(ctx context.Context, listener *lan.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	s := &serving{host: h, ctx: ctx, address: listener.Addr(), ready: make(chan net.Conn)}
	server := s.server()
	var answering sync.WaitGroup
	answering.Go(func() { server.Serve(s) })
	stop := context.AfterFunc(ctx, func() { listener.Close() })

	err := s.accept(listener)

	stop()
	cancel()
	listener.Close()
	s.handshakes.Wait()
	answering.Wait()
	server.Close()
	s.finish()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// serving is one call of Serve. To http.Server it is a listener, of connections whose other end is known.
type serving struct {
	host       *Host
	ctx        context.Context
	address    net.Addr
	ready      chan net.Conn
	handshakes sync.WaitGroup

	mu       sync.Mutex
	finished bool
	requests sync.WaitGroup
}

func (s *serving) Addr() net.Addr { return s.address }
func (s *serving) Close() error   { return nil }

// Accept hands out the *tls.Conn of a *link.
func (s *serving) Accept() (net.Conn, error) {
	select {
	case conn := <-s.ready:
		return conn, nil
	case <-s.ctx.Done():
		return nil, net.ErrClosed
	}
}

func (s *serving) server() *http.Server {
	h := s.host
	var h2 http.Protocols
	h2.SetHTTP2(true)
	return &http.Server{
		Handler:                      http.HandlerFunc(s.answer),
		DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout:            h.limits.handshake,
		IdleTimeout:                  h.limits.idle,
		MaxHeaderBytes:               headerMax,
		ErrorLog:                     h.log,
		BaseContext:                  func(net.Listener) context.Context { return s.ctx },
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, linkKey{}, c.(*tls.Conn).NetConn())
		},
		Protocols: &h2,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: h.limits.streams,
			// Room for as much of all bodies at once as one of them may fill, so that a handler that does not read
			// keeps none of the others waiting.
			MaxReceiveBufferPerStream:     192 << 10,
			MaxReceiveBufferPerConnection: h.limits.streams * 192 << 10,
			SendPingTimeout:               h.limits.stall / 2,
			PingTimeout:                   h.limits.stall / 2,
			WriteByteTimeout:              h.limits.stall,
		},
	}
}

// accept shakes hands with whoever comes, as many at once as the limits say; others are turned away.
func (s *serving) accept(listener *lan.Listener) error {
	for {
		raw, err := listener.Accept()
		if err != nil {
			return err
		}
		conn := raw.(*lan.Conn)
		from := conn.Remote().Addr()
		if !s.host.enter(from) {
			conn.SetOutcome("refused: too many at once")
			conn.Close()
			continue
		}
		s.handshakes.Go(func() {
			defer s.host.leave(from)
			s.shake(conn)
		})
	}
}

func (h *Host) enter(from netip.Addr) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.inFlight >= h.limits.handshakes || h.handshakes[from] >= h.limits.handshakesOfOne {
		return false
	}
	h.inFlight++
	h.handshakes[from]++
	return true
}

func (h *Host) leave(from netip.Addr) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.inFlight--
	if h.handshakes[from]--; h.handshakes[from] == 0 {
		delete(h.handshakes, from)
	}
}

// shake passes a connection on once its other end has shown the key of a device that is mine.
func (s *serving) shake(raw *lan.Conn) {
	ctx, cancel := context.WithTimeout(s.ctx, s.host.limits.handshake)
	defer cancel()
	l := &link{Conn: raw, host: s.host}
	conn := tls.Server(l, s.host.config)
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.SetOutcome(outcomeOf(err))
		l.turnAway()
		return
	}
	l.device, _, _ = identity.Peer(conn.ConnectionState()) // VerifyConnection has seen that it succeeds
	raw.SetDevice(l.device.String())
	if !l.join() {
		l.cut("refused: too many connections")
		return
	}
	// It may have been removed, and Drop been called, since the handshake looked.
	if !s.host.known.Knows(l.device) {
		l.cut(outcomeOf(&UnknownDeviceError{l.device}))
		return
	}
	select {
	case s.ready <- conn:
	case <-s.ctx.Done():
		l.Close()
	}
}
