package lan

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// controlSocket has the kernel send to neighbours only: a packet that would need
// a router is not sent, whatever the routes say by then. Linux heeds it for IPv4
// only. The owner's VPN is a router and is left to route.
func controlSocket(raw syscall.RawConn, pointToPoint bool) error {
	if pointToPoint {
		return nil
	}
	var err error
	if outer := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DONTROUTE, 1)
	}); outer != nil {
		return outer
	}
	return os.NewSyscallError("setsockopt", err)
}

// controlListener does the same for the answers to callers, from the first on.
func controlListener(raw syscall.RawConn, pointToPoint bool) error {
	return controlSocket(raw, pointToPoint)
}
