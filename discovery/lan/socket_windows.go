package lan

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// soExclusiveAddrUse is SO_EXCLUSIVEADDRUSE of winsock2.h, ~SO_REUSEADDR there.
const soExclusiveAddrUse = ^windows.SO_REUSEADDR

func controlSocket(syscall.RawConn, bool) error { return nil }

// controlListener keeps other programs from taking over the port: Windows allows
// that unless told not to.
func controlListener(raw syscall.RawConn, _ bool) error {
	var err error
	if outer := raw.Control(func(fd uintptr) {
		err = windows.SetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, soExclusiveAddrUse, 1)
	}); outer != nil {
		return outer
	}
	return os.NewSyscallError("setsockopt", err)
}

func isPortTaken(err error) bool {
	return errors.Is(err, windows.WSAEADDRINUSE) || errors.Is(err, windows.WSAEACCES)
}

// isAddressMissing is also true of IPv6 addresses on a system without IPv6.
func isAddressMissing(err error) bool {
	return errors.Is(err, windows.WSAEADDRNOTAVAIL) || errors.Is(err, windows.WSAEAFNOSUPPORT)
}
