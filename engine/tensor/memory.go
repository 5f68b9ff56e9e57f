package tensor

import (
	"errors"
	"sync"
)

// memory hands out zeroed memory outside of Go's heap. Small pieces share chunks, so that the system can back all of it
// with large pages: reading weights then needs hundreds of address translations instead of hundreds of thousands.
type memory struct {
	mu     sync.Mutex
	chunks [][]byte
	rest   []byte // of the last chunk
}

const lineBytes = 64 // of a cache

// get returns n bytes that begin at a cache line.
func (m *memory) get(n int) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	whole := (n + lineBytes - 1) / lineBytes * lineBytes
	if whole > chunkBytes/2 { // has large pages of its own
		chunk, err := m.add(whole)
		return chunk[:min(n, len(chunk))], err
	}
	if whole > len(m.rest) {
		chunk, err := m.add(chunkBytes)
		if err != nil {
			return nil, err
		}
		m.rest = chunk
	}
	b := m.rest[:n:n]
	m.rest = m.rest[whole:]
	return b, nil
}

func (m *memory) add(n int) ([]byte, error) {
	chunk, err := mapMemory(n)
	if err != nil {
		return nil, err
	}
	m.chunks = append(m.chunks, chunk)
	return chunk, nil
}

func (m *memory) free() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var err error
	for _, c := range m.chunks {
		err = errors.Join(err, unmapMemory(c))
	}
	m.chunks, m.rest = nil, nil
	return err
}
