//go:build !windows

package lan

import (
	"errors"
	"syscall"
)

func isPortTaken(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }

// isAddressMissing is also true of IPv6 addresses on a system without IPv6.
func isAddressMissing(err error) bool {
	return errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT)
}
