package engine

import (
	"time"

	"croft/engine/kernels"
	"croft/engine/tensor"
)

const (
	readingLeast  = 512 << 20 // bytes; the caches of desktops hold a small part of it
	readingCaches = 4         // so many last caches: from one pass to the next they keep a quarter at most
)

// Reading measures how fast memory can be read in the way decode reads weights: by as many threads, in memory that lies
// alike, in pieces as long, with loads as wide, and nothing to compute. It is for one goroutine at a time.
type Reading struct {
	pool    *tensor.Pool
	ballast *tensor.Ballast
}

// NewReading takes four times the memory of the last cache, at least 512 MiB, but at most bytesMax, unless that is 0.
// threads and kernelSet are what Model.Threads and Model.Kernels say.
func NewReading(threads int, kernelSet string, bytesMax int64) (*Reading, error) {
	set, err := kernels.Parse(kernelSet)
	if err != nil {
		return nil, err
	}
	r := &Reading{pool: tensor.NewPool(threads)}
	if r.ballast, err = tensor.NewBallast(r.pool, set, readingBytes(lastCacheBytes(), bytesMax)); err != nil {
		_ = r.pool.Close()
		return nil, err
	}
	return r, nil
}

func readingBytes(lastCache, bytesMax int64) int {
	n := max(readingLeast, readingCaches*lastCache)
	if bytesMax > 0 {
		n = min(n, bytesMax)
	}
	return int(n)
}

// Bytes is the memory that is taken until Close.
func (r *Reading) Bytes() int64 { return r.ballast.Bytes() }

// Rate reads all of it once and returns how many bytes a second that were.
func (r *Reading) Rate() float64 {
	begin := time.Now()
	r.ballast.Read()
	return float64(r.Bytes()) / time.Since(begin).Seconds()
}

// Close gives the memory back.
func (r *Reading) Close() error { return r.pool.Close() }
