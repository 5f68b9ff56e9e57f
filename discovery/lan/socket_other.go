//go:build !linux && !windows

package lan

import "syscall"

func controlSocket(syscall.RawConn, bool) error { return nil }

func controlListener(syscall.RawConn, bool) error { return nil }
