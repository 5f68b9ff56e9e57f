//go:build !unix

package kvcache

import "runtime"

// allocate returns zeroed memory of the Go heap, pinned so that its address may be kept, and what gives it back.
func allocate(n int) ([]byte, func(), error) {
	b, p := make([]byte, n), new(runtime.Pinner)
	p.Pin(&b[0])
	return b, p.Unpin, nil
}
