//go:build unix

package gguf

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mapFile maps size bytes for reading. The mapping outlives the open file.
func mapFile(file *os.File, size int) ([]byte, func() error, error) {
	b, err := unix.Mmap(int(file.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, nil, err
	}
	return b, func() error { return unix.Munmap(b) }, nil
}

// release gives back the whole pages inside b. Bytes that share a page with something else stay.
func release(b []byte) {
	if len(b) == 0 {
		return
	}
	page := uintptr(os.Getpagesize())
	start := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	first := (start + page - 1) &^ (page - 1)
	last := (start + uintptr(len(b))) &^ (page - 1)
	if first >= last {
		return
	}
	// Advice only: when the system declines, the pages stay, which is no error.
	_ = unix.Madvise(b[first-start:last-start], unix.MADV_DONTNEED)
}
