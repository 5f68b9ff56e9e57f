package lan

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// Conn is a connection to a device on the same network. It counts its bytes and
// is entered in the ledger when it is closed.
type Conn struct {
	net.Conn
	network *Network
	remote  netip.AddrPort
	in, out atomic.Int64
	moving  sync.RWMutex // read-locked while bytes are read or written and not yet counted
	astray  atomic.Int32 // polls in a row that found it off-link

	mu     sync.Mutex
	entry  Entry
	closed bool
}

func (c *Conn) Read(p []byte) (int, error) {
	c.moving.RLock()
	defer c.moving.RUnlock()
	n, err := c.Conn.Read(p)
	c.in.Add(int64(n))
	return n, err
}

func (c *Conn) Write(p []byte) (int, error) {
	c.moving.RLock()
	defer c.moving.RUnlock()
	n, err := c.Conn.Write(p)
	c.out.Add(int64(n))
	return n, err
}

// Remote is the address of the other end.
func (c *Conn) Remote() netip.AddrPort { return c.remote }

// SetDevice names the device at the other end, once its key has shown which.
func (c *Conn) SetDevice(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entry.Device = id
}

// SetPurpose says more exactly what the connection was for.
func (c *Conn) SetPurpose(purpose string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entry.Purpose = purpose
}

// SetOutcome says how the connection went, in the words of Entry.Outcome. The
// first that was told stays: what follows a refusal is its consequence.
func (c *Conn) SetOutcome(outcome string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entry.Outcome == "" {
		c.entry.Outcome = outcome
	}
}

// Close closes the connection and enters it in the ledger.
func (c *Conn) Close() error {
	err := c.Conn.Close()
	if e, first := c.finish(); first {
		c.network.forget(c)
		c.network.ledger.write(e)
	}
	return err
}

// finish returns the entry when all bytes are counted. The connection is closed
// by now, so nothing moves for long.
func (c *Conn) finish() (e Entry, first bool) {
	c.moving.Lock()
	defer c.moving.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	first, c.closed = !c.closed, true
	e = c.entry
	e.BytesIn, e.BytesOut = c.in.Load(), c.out.Load()
	if e.Outcome == "" {
		e.Outcome = Done
	}
	return e, first
}

// cut ends the connection at once, data in flight included.
func (c *Conn) cut(outcome string) {
	c.SetOutcome(outcome)
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	c.Close()
}
