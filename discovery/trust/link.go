package trust

import (
	"context"
	"io"
	"net"
	"slices"
	"time"

	"croft/discovery/identity"
	"croft/discovery/lan"
)

// link is a connection from a device, below TLS.
type link struct {
	*lan.Conn
	host   *Host
	device identity.ID // set before it joins

	// Guarded by host.mu.
	requests int       // being answered
	rests    time.Time // since when there are none
}

type linkKey struct{}

// Device returns which device the request with this context comes from; false for any other context.
func Device(ctx context.Context) (identity.ID, bool) {
	l, ok := ctx.Value(linkKey{}).(*link)
	if !ok {
		return identity.ID{}, false
	}
	return l.device, true
}

// join counts the link among its device's. When there are too many already, the one that has rested longest makes room;
// when none rests, false is returned.
func (l *link) join() bool {
	h := l.host
	h.mu.Lock()
	var oldest *link
	all := h.links[l.device]
	if len(all) >= h.limits.connections {
		for _, other := range all {
			if other.requests == 0 && (oldest == nil || other.rests.Before(oldest.rests)) {
				oldest = other
			}
		}
		if oldest == nil {
			h.mu.Unlock()
			return false
		}
		h.forgetLocked(oldest)
	}
	l.rests = time.Now()
	h.links[l.device] = append(h.links[l.device], l)
	h.mu.Unlock()
	if oldest != nil {
		oldest.Close()
	}
	return true
}

func (h *Host) forgetLocked(l *link) {
	all := h.links[l.device]
	if i := slices.Index(all, l); i >= 0 {
		h.links[l.device] = slices.Delete(all, i, i+1)
	}
	if len(h.links[l.device]) == 0 {
		delete(h.links, l.device)
	}
}

// count keeps book of a request that begins (1) or ends (-1).
func (l *link) count(change int) {
	l.host.mu.Lock()
	defer l.host.mu.Unlock()
	l.requests += change
	l.rests = time.Now()
}

// Close closes the link; its requests are cancelled by the server, which can no longer read.
func (l *link) Close() error {
	l.host.mu.Lock()
	l.host.forgetLocked(l)
	l.host.mu.Unlock()
	return l.Conn.Close()
}

// cut closes the link without a word: what waits in the kernel is dropped, and nobody waits for the other end.
func (l *link) cut(outcome string) {
	l.SetOutcome(outcome)
	if tcp, ok := l.Conn.Conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	l.Close()
}

const (
	farewellMax      = 500 * time.Millisecond
	farewellBytesMax = 64 << 10
)

// turnAway closes a link after its handshake failed. The rest of the other end's handshake may still be on its way; to
// close over unread bytes would reset the connection, which on some systems destroys the alert that says why.
func (l *link) turnAway() {
	l.SetReadDeadline(time.Now().Add(farewellMax))
	io.CopyN(io.Discard, l.Conn, farewellBytesMax)
	l.Close()
}
