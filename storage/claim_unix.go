//go:build unix

package storage

import (
	"errors"
	"os"
	"syscall"
)

// lockAlone locks the file if no other process has it locked.
func lockAlone(f *os.File) (bool, error) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// share waits until no process has the file locked alone, and locks it together with others.
func share(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_SH) }
