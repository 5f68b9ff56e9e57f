package trust

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"sync/atomic"
	"time"

	"croft/discovery/identity"
	"croft/discovery/lan"
)

// Origin is how every address begins in requests of NewClient's: which device they go to is the client's matter.
const Origin = "https://" + serverName

const (
	purpose      = "device"
	addressesMax = 8
	attemptMax   = 5 * time.Second        // to connect and to shake hands
	stagger      = 250 * time.Millisecond // before the next address is tried as well, RFC 8305 section 5
	restMax      = 30 * time.Second       // less than the server's, so that no request meets a closing door
	silenceMax   = time.Second            // before a sign of life is asked for
	signMax      = 3 * time.Second        // to give it
	headerMax    = 16 << 10
)

// ErrNoAddress says that nobody knows where the device is.
var ErrNoAddress = errors.New("the device has not been seen on this network; see that it is on, or type its address")

// NewClient returns a client whose requests go to the one device, to whichever of its addresses answers first. It speaks
// HTTP/2 through the network and follows no redirects. An address must begin with Origin. A device that has gone silent is
// given up after 4 s, with all its requests; one that does not know us any more is ErrRefused. Of httptrace, GotConn is
// called for a connection that was made for the request, and not for one that was there.
//
// The caller ends requests by their contexts and frees the connections with CloseIdleConnections.
func NewClient(
	me *identity.Private, network *lan.Network, device identity.ID, addresses func() []netip.AddrPort,
) *http.Client {
	d := &dialer{config: Client(me, device), network: network, device: device, addresses: addresses}
	var h2 http.Protocols
	h2.SetHTTP2(true)
	maker := &http.Transport{
		DialTLSContext:         d.dial,
		Protocols:              &h2,
		DisableCompression:     true,
		IdleConnTimeout:        restMax,
		MaxResponseHeaderBytes: headerMax,
		HTTP2: &http.HTTP2Config{
			SendPingTimeout:  silenceMax,
			PingTimeout:      signMax,
			WriteByteTimeout: silenceMax + signMax,
			MaxReadFrameSize: 256 << 10,
		},
	}
	return &http.Client{
		Transport: &transport{newPool(func(ctx context.Context) (*http.ClientConn, error) {
			return maker.NewClientConn(ctx, "https", serverName+":443") // dial knows the address
		})},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// transport sends requests to the device and nowhere else. http.Transport's own pool would meet a burst of requests with
// one connection for each.
type transport struct{ pool *pool }

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme+"://"+r.URL.Host != Origin {
		closeBody(r)
		return nil, fmt.Errorf("a request to a device begins with %s, not with %q", Origin, r.URL.Scheme+"://"+r.URL.Host)
	}
	response, again, err := t.try(r)
	if again && rewind(&r) {
		response, _, err = t.try(r)
	}
	return response, err
}

// try sends r once. again says that it failed since a connection was closing, and may be sent anew: the device has not seen
// it, or seeing it twice is all the same.
func (t *transport) try(r *http.Request) (response *http.Response, again bool, err error) {
	conn, err := t.pool.reserve(r.Context())
	if err != nil {
		closeBody(r)
		return nil, false, err
	}
	var sent atomic.Bool
	ctx := httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }})
	response, err = conn.RoundTrip(r.WithContext(ctx))
	if err != nil {
		harmless := r.Method == http.MethodGet || r.Method == http.MethodHead
		return nil, r.Context().Err() == nil && (!sent.Load() || harmless && conn.Err() != nil), err
	}
	response.Request = r
	return response, false, nil
}

// rewind makes r a request that can be sent again, if its body can be read again.
func rewind(r **http.Request) bool {
	if (*r).Body == nil || (*r).Body == http.NoBody {
		return true
	}
	if (*r).GetBody == nil {
		return false
	}
	body, err := (*r).GetBody()
	if err != nil {
		return false
	}
	again := *(*r)
	again.Body = body
	*r = &again
	return true
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		r.Body.Close()
	}
}

// CloseIdleConnections is what http.Client's calls.
func (t *transport) CloseIdleConnections() { t.pool.closeIdle() }

type dialer struct {
	config    *tls.Config
	network   *lan.Network
	device    identity.ID
	addresses func() []netip.AddrPort
}

func (d *dialer) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	addresses := d.addresses()
	if len(addresses) == 0 {
		return nil, ErrNoAddress
	}
	ctx = lan.ForDevice(ctx, d.device.String())
	conn, err := first(ctx, addresses[:min(len(addresses), addressesMax)], stagger, d.attempt)
	if err != nil {
		return nil, err
	}
	if trace := httptrace.ContextClientTrace(ctx); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{Conn: conn})
	}
	return conn, nil
}

// attempt counts as done only when the device itself has let us in: somebody else may have its old address.
func (d *dialer) attempt(ctx context.Context, to netip.AddrPort) (*tls.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptMax)
	defer cancel()
	raw, err := d.network.Dial(ctx, to, purpose)
	if err != nil {
		return nil, err
	}
	below := &greeted{Conn: raw}
	conn := tls.Client(below, d.config)
	err = conn.HandshakeContext(ctx)
	if err == nil {
		err = below.welcome(ctx, conn)
	}
	if err != nil {
		raw.SetOutcome(outcomeOf(err))
		raw.Close()
		return nil, fmt.Errorf("%v: %w", to, err)
	}
	return conn, nil
}

// outcomeOf says in the ledger's words why there was no handshake.
func outcomeOf(err error) string {
	var wrong *WrongDeviceError
	var unknown *UnknownDeviceError
	switch {
	case errors.As(err, &wrong), errors.As(err, &unknown), errors.Is(err, identity.ErrNoDevice), errors.Is(err, ErrRefused):
		return "refused: " + err.Error()
	case errors.Is(err, context.Canceled):
		return "failed: not needed any more"
	}
	return "failed: " + err.Error()
}
