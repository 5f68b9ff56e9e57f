package lan

import (
	"errors"
	"time"
)

// A connection is cut when this many polls in a row find it off-link, so that a
// cable or a Wi-Fi network may be gone for a moment.
const pollsAstrayMax = 2

// watch keeps c in mind until it is closed. One goroutine looks after all
// connections while there are any.
func (n *Network) watch(c *Conn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.conns[c] = struct{}{}
	if n.stop == nil {
		n.stop = make(chan struct{})
		go n.watchUntil(n.stop)
	}
}

func (n *Network) forget(c *Conn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.conns, c)
	if len(n.conns) == 0 && n.stop != nil {
		close(n.stop)
		n.stop = nil
	}
}

func (n *Network) watchUntil(stop <-chan struct{}) {
	tick := time.NewTicker(n.poll)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			n.cutAstray()
		}
	}
}

// cutAstray cuts the connections whose other end is on no network of ours any
// more: what is still to be sent would go to whoever has that address elsewhere.
func (n *Network) cutAstray() {
	list, err := n.interfacesNow(n.poll / 2)
	if err != nil {
		return // the next poll may know more
	}
	for _, c := range n.open() {
		_, err := onLink(list, n.vpn.Load(), c.remote.Addr())
		var refused *AddressError
		if !errors.As(err, &refused) {
			c.astray.Store(0)
		} else if c.astray.Add(1) >= pollsAstrayMax {
			c.cut("cut: " + refused.Err.Error())
		}
	}
}

func (n *Network) open() []*Conn {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := make([]*Conn, 0, len(n.conns))
	for c := range n.conns {
		out = append(out, c)
	}
	return out
}

// Close cuts what is still open, so that the ledger has it all. Who still dials is not kept from it: end that before.
func (n *Network) Close() {
	for _, c := range n.open() {
		c.cut("cut: this device stopped")
	}
	n.ledger.flush()
}
