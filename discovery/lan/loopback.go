package lan

import (
	"context"
	"errors"
	"net"
)

var errNoLoopback = errors.New("listen on this machine: the loopback interface is down; switch it on")

// Loopback listens for other programs on this machine: on 127.0.0.1, and on
// [::1] where there is IPv6, until ctx ends or Close is called. With port 0 it
// chooses one. These connections leave no machine and are in no ledger.
func Loopback(ctx context.Context, port uint16) (net.Listener, error) {
	l, err := New(Options{Interfaces: Self}).Listen(ctx, port, "programs on this machine")
	if err != nil {
		return nil, err
	}
	if len(l.Addrs()) == 0 {
		l.Close()
		return nil, errNoLoopback
	}
	return l, nil
}
