package tensor

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"

	"croft/engine/kernels"
)

// Ballast is memory that lies as weights do and means nothing. Reading it shows how fast weights could be read if there
// were nothing to compute. It lives until its pool is closed.
type Ballast struct {
	pool *Pool
	set  kernels.Set
	data []byte
}

// smallPageBytes is the smallest page of any system: memory is there once each of them was written to.
const smallPageBytes = 4 << 10

const readBytes = 1 << 20 // by one worker at a time

// NewBallast takes n bytes, rounded up to whole pieces of work, and writes 1 to the first word of each small page.
func NewBallast(p *Pool, set kernels.Set, n int) (*Ballast, error) {
	n = (n + readBytes - 1) / readBytes * readBytes
	data, err := p.memory.get(n)
	if err != nil {
		return nil, fmt.Errorf("memory to read: %w", err)
	}
	b := &Ballast{pool: p, set: set, data: data}
	b.each(func(piece []byte) {
		for at := 0; at < len(piece); at += smallPageBytes {
			binary.NativeEndian.PutUint64(piece[at:], 1)
		}
	})
	return b, nil
}

// Bytes is how much a Read reads.
func (b *Ballast) Bytes() int64 { return int64(len(b.data)) }

// Read reads all of it on all workers, in long pieces, and returns the sum of what the kernels return: the number of small
// pages.
func (b *Ballast) Read() uint64 {
	var sum atomic.Uint64
	b.each(func(piece []byte) { sum.Add(b.set.Read(piece)) })
	return sum.Load()
}

func (b *Ballast) each(f func(piece []byte)) {
	b.pool.Run(len(b.data)/readBytes, func(i, _ int) { f(b.data[i*readBytes:][:readBytes]) })
}
