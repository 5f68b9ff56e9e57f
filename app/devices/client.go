package devices

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"croft/discovery/lan"
)

// guard makes a client's requests end when ctx does, those under way too. What is told may be nil.
func guard(ctx context.Context, c *http.Client, told told) *http.Client {
	guarded := *c
	guarded.Transport = &guardian{ctx: ctx, inner: c.Transport, told: told}
	return &guarded
}

// told is what becomes known by requests.
type told struct {
	reached func(net.Addr) // by each new connection to a device
	failed  func()         // by a request that its caller did not end
}

type guardian struct {
	ctx   context.Context
	inner http.RoundTripper
	told  told
	open  atomic.Int32 // requests
}

func (g *guardian) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(r.Context())
	stop := context.AfterFunc(g.ctx, func() { cancel(context.Cause(g.ctx)) })
	g.open.Add(1)
	end := sync.OnceFunc(func() {
		stop()
		cancel(nil)
		g.open.Add(-1)
	})
	if g.told.reached != nil {
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			GotConn: func(i httptrace.GotConnInfo) { g.told.reached(i.Conn.RemoteAddr()) },
		})
	}
	response, err := g.inner.RoundTrip(r.WithContext(ctx))
	if err != nil {
		err = g.because(r.Context(), err)
		end()
		return nil, err
	}
	response.Request = r
	response.Body = &guardedBody{response.Body, g, r.Context(), end}
	return response, nil
}

// because puts the reason in front of an error, when it is ours. asked is the caller's context.
func (g *guardian) because(asked context.Context, err error) error {
	if g.ctx.Err() == nil {
		if asked.Err() == nil && g.told.failed != nil {
			g.told.failed()
		}
		return err
	}
	return fmt.Errorf("%w (%w)", context.Cause(g.ctx), err)
}

// CloseIdleConnections is what http.Client's calls.
func (g *guardian) CloseIdleConnections() {
	if c, ok := g.inner.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

type guardedBody struct {
	io.ReadCloser
	guardian *guardian
	asked    context.Context
	end      func()
}

func (b *guardedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = b.guardian.because(b.asked, err)
	}
	return n, err
}

func (b *guardedBody) Close() error {
	defer b.end()
	return b.ReadCloser.Close()
}

const (
	partingMax  = time.Second // for requests that were cancelled to give their connection back
	partingStep = 20 * time.Millisecond
)

// part closes the connections of clients whose guards' contexts have ended.
func part(clients ...*http.Client) {
	open := func(c *http.Client) bool { return c.Transport.(*guardian).open.Load() > 0 }
	for end := time.Now().Add(partingMax); slices.ContainsFunc(clients, open) && time.Now().Before(end); {
		time.Sleep(partingStep)
	}
	for range 2 {
		clients[0].CloseIdleConnections()
		time.Sleep(partingStep) // for a request that has just ended
	}
}

// nobody answers for a device that is not mine.
type nobody struct{}

func (nobody) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r.Body.Close()
	}
	return nil, fmt.Errorf("this device is not one of mine: %w", ErrNotFound)
}

const serverPurpose = "server"

// ServerClient returns a client for a server that the owner runs. It connects to nothing but the server's address, asks no
// proxy and follows no redirects; the ledger names the server. The caller ends requests by their contexts and frees the
// connections with CloseIdleConnections.
func (s *Service) ServerClient(v Server) *http.Client {
	return guard(s.ctx, &http.Client{
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				to, err := netip.ParseAddrPort(v.Address)
				if err != nil {
					return nil, err
				}
				c, err := s.networkTo(to.Addr()).Dial(lan.ForDevice(ctx, serverKey(v.ID)), to, serverPurpose)
				if err != nil {
					return nil, explain(err)
				}
				return c, nil
			},
			DisableCompression:     true,
			IdleConnTimeout:        30 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, told{})
}
