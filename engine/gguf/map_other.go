//go:build !unix

package gguf

import (
	"io"
	"os"
)

// mapFile reads the file, where it cannot be mapped.
func mapFile(file *os.File, size int) ([]byte, func() error, error) {
	b := make([]byte, size)
	if _, err := io.ReadFull(file, b); err != nil {
		return nil, nil, err
	}
	return b, func() error { return nil }, nil
}

func release([]byte) {}
