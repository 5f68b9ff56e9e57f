//go:build unix

package kvcache

import "golang.org/x/sys/unix"

// allocate returns zeroed memory outside of the Go heap, and what gives it back. It does not move, its address may be
// kept, and it goes back to the system at once.
func allocate(n int) ([]byte, func(), error) {
	b, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, nil, err
	}
	adviseLargePages(b)
	return b, func() {
		if err := unix.Munmap(b); err != nil {
			panic("kvcache: release of what was not allocated: " + err.Error())
		}
	}, nil
}
