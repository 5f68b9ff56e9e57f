package tokenizer

import (
	"hash/maphash"
	"math/bits"
)

// mergeTable finds the rank of a merge by its two symbols. A slot holds left, right and rank + 1 in 20 bits each.
type mergeTable struct {
	slots   []uint64
	shift   int
	factor  uint64   // odd and random, so that no file can choose which pairs collide
	results []uint32 // rank -> symbol
}

func newMergeTable(n int) mergeTable {
	size := tableSize(n)
	return mergeTable{
		slots:   make([]uint64, size),
		shift:   64 - bits.Len(uint(size-1)),
		factor:  maphash.Bytes(maphash.MakeSeed(), nil) | 1,
		results: make([]uint32, n),
	}
}

func mergeKey(left, right symbol) uint64 { return uint64(left)<<idBits | uint64(right) }

// add enters a merge. Of two for the same pair the first counts.
func (t *mergeTable) add(rank uint32, left, right, result symbol) {
	key := mergeKey(left, right)
	for i := key * t.factor >> t.shift; ; i++ {
		slot := &t.slots[i&uint64(len(t.slots)-1)]
		if *slot == 0 {
			*slot = key<<idBits | uint64(rank+1)
			t.results[rank] = uint32(result)
			return
		}
		if *slot>>idBits == key {
			return
		}
	}
}

func (t *mergeTable) rank(left, right symbol) uint32 {
	key := mergeKey(left, right)
	for i := key * t.factor >> t.shift; ; i++ {
		slot := t.slots[i&uint64(len(t.slots)-1)]
		if slot == 0 {
			return noRank
		}
		if slot>>idBits == key {
			return uint32(slot&idsMax) - 1
		}
	}
}
