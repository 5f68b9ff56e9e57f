// Package kvcache keeps the keys and values of what a model has read.
//
// A cache belongs to one sequence of tokens. Its memory comes in blocks of kernels.Tile positions, each with all layers
// and key heads, when a position is first needed; so a long context costs nothing until it is used.
package kvcache

import (
	"errors"
	"fmt"
	"unsafe"

	"croft/engine/kernels"
)

// ErrFull says that a sequence is as long as its cache allows.
var ErrFull = errors.New("the context is full")

// Shape says what a cache holds for each position.
type Shape struct {
	Layers, Heads int // Heads: those that have keys and values
	Layout        kernels.TileLayout
}

// BytesPerToken is the memory of one position.
func (s Shape) BytesPerToken() int64 { return int64(s.blockBytes()) / kernels.Tile }

func (s Shape) layerBytes() int { return s.Heads * s.Layout.Bytes() }
func (s Shape) blockBytes() int { return s.Layers * s.layerBytes() }

// Cache holds the positions [0, Len()) of one sequence. It is not for several goroutines at once, except for Store and
// Attend, which are as long as they touch different positions or heads.
type Cache struct {
	shape  Shape
	max    int // positions
	length int
	blocks []block
	tiles  []unsafe.Pointer // where blocks begin
}

// block is the memory of kernels.Tile positions.
type block struct {
	bytes []byte
	free  func()
}

// New returns an empty cache for at most so many positions.
func New(s Shape, positions int) *Cache {
	return &Cache{shape: s, max: positions}
}

// Len is the number of positions that are kept.
func (c *Cache) Len() int { return c.length }

// Max is the number of positions that it can keep.
func (c *Cache) Max() int { return c.max }

// Bytes is the memory in use.
func (c *Cache) Bytes() int64 { return int64(len(c.blocks)) * int64(c.shape.blockBytes()) }

// Grow makes room for the positions [0, n). The error matches ErrFull when n is more than Max.
func (c *Cache) Grow(n int) error {
	if n > c.max {
		return fmt.Errorf("%w: %d tokens do not fit in %d", ErrFull, n, c.max)
	}
	for len(c.blocks)*kernels.Tile < n {
		b, free, err := allocate(c.shape.blockBytes())
		if err != nil {
			return fmt.Errorf("memory for %d tokens of context: %w", n, err)
		}
		c.blocks = append(c.blocks, block{b, free})
		c.tiles = append(c.tiles, unsafe.Pointer(unsafe.SliceData(b)))
	}
	return nil
}

// Advance says that the positions [Len(), n) are stored in every layer.
func (c *Cache) Advance(n int) {
	if n < c.length || n > len(c.blocks)*kernels.Tile {
		panic("kvcache: advance beyond what is stored")
	}
	c.length = n
}

// Truncate forgets the positions from n on and gives back memory that is no longer needed.
func (c *Cache) Truncate(n int) {
	n = min(max(n, 0), c.length)
	keep := (n + kernels.Tile - 1) / kernels.Tile
	for _, b := range c.blocks[keep:] {
		b.free()
	}
	clear(c.blocks[keep:])
	c.blocks, c.tiles, c.length = c.blocks[:keep], c.tiles[:keep], n
}

// Free gives back all memory. The cache is empty afterwards.
func (c *Cache) Free() { c.Truncate(0) }

// Store keeps k and v (heads · dim) as one layer's keys and values of a position that Grow has made room for.
func (c *Cache) Store(set kernels.Set, layer, pos int, k, v []float32) {
	tile := c.blocks[pos/kernels.Tile].bytes[layer*c.shape.layerBytes():]
	set.Store(c.shape.Layout, k, v, tile, pos%kernels.Tile)
}

// Attend is kernels.Set.Attend over one layer's keys and values of one key head.
func (c *Cache) Attend(set kernels.Set, layer, head, group, stride int, pos []int32, x []float32) {
	offset := layer*c.shape.layerBytes() + head*c.shape.Layout.Bytes()
	set.Attend(c.shape.Layout, c.tiles, offset, group, stride, pos, x)
}
