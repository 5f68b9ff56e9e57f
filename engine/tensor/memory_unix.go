//go:build unix

package tensor

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// chunkBytes of address space; what is never touched takes no memory.
const chunkBytes = 256 << 20

func mapMemory(n int) ([]byte, error) {
	b, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, fmt.Errorf("memory for %d bytes of weights: %w", n, err)
	}
	adviseLargePages(b)
	return b, nil
}

func unmapMemory(b []byte) error { return unix.Munmap(b) }
