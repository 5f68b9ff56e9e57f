package models

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	readBuffer = 512 << 20 // bytes; far larger than any L3
	readPasses = 8
)

// bandwidth measures how many bytes a second plain reading gets from memory with so many threads: the best of
// several passes over a buffer that no cache holds.
func bandwidth(threads int) float64 {
	buffer := make([]uint64, readBuffer/8)
	inParts(buffer, threads, func(part []uint64) uint64 {
		for i := range part {
			part[i] = uint64(i) // First touch: now the pages are there.
		}
		return 0
	})
	var rates []float64
	for range readPasses {
		begin := time.Now()
		inParts(buffer, threads, sum)
		rates = append(rates, readBuffer/time.Since(begin).Seconds())
	}
	runtime.KeepAlive(buffer)
	return slices.Max(rates)
}

// inParts runs f on equal parts at the same time and returns the sum of what it returns.
func inParts(buffer []uint64, threads int, f func([]uint64) uint64) uint64 {
	var total atomic.Uint64
	var all sync.WaitGroup
	for part := range slices.Chunk(buffer, (len(buffer)+threads-1)/threads) {
		all.Go(func() { total.Add(f(part)) })
	}
	all.Wait()
	return total.Load()
}

// sum adds in eight chains, so that the loads and not the additions set the pace.
func sum(x []uint64) uint64 {
	var s [8]uint64
	for ; len(x) >= 8; x = x[8:] {
		v := (*[8]uint64)(x)
		s[0] += v[0]
		s[1] += v[1]
		s[2] += v[2]
		s[3] += v[3]
		s[4] += v[4]
		s[5] += v[5]
		s[6] += v[6]
		s[7] += v[7]
	}
	return s[0] + s[1] + s[2] + s[3] + s[4] + s[5] + s[6] + s[7]
}
