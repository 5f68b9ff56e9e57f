package kvcache

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"croft/engine/kernels"
)

var shape = Shape{Layers: 3, Heads: 2, Layout: kernels.TileLayout{Dim: 32, Half: true}}

func TestMemoryGrowsWithUse(t *testing.T) {
	c := New(shape, 1<<20)
	defer c.Free()
	if c.Bytes() != 0 || c.Len() != 0 {
		t.Fatalf("a new cache has %d bytes and %d positions", c.Bytes(), c.Len())
	}
	for _, n := range []int{1, kernels.Tile, kernels.Tile + 1, 5 * kernels.Tile} {
		if err := c.Grow(n); err != nil {
			t.Fatal(err)
		}
		blocks := int64((n + kernels.Tile - 1) / kernels.Tile)
		if want := blocks * kernels.Tile * shape.BytesPerToken(); c.Bytes() != want {
			t.Errorf("room for %d: %d bytes, want %d", n, c.Bytes(), want)
		}
		c.Advance(n)
	}
	c.Truncate(kernels.Tile)
	if want := kernels.Tile * shape.BytesPerToken(); c.Bytes() != want || c.Len() != kernels.Tile {
		t.Errorf("after Truncate: %d bytes, want %d; %d positions", c.Bytes(), want, c.Len())
	}
	c.Free()
	if c.Bytes() != 0 || c.Len() != 0 {
		t.Errorf("after Free: %d bytes, %d positions", c.Bytes(), c.Len())
	}
}

func TestBytesPerTokenCountsKeysAndValues(t *testing.T) {
	if got, want := shape.BytesPerToken(), int64(3*2*32*2*2); got != want {
		t.Errorf("%d bytes a token, want %d", got, want)
	}
}

func TestFull(t *testing.T) {
	c := New(shape, 100)
	defer c.Free()
	if err := c.Grow(101); !errors.Is(err, ErrFull) {
		t.Errorf("101 of 100 positions: %v", err)
	}
	if err := c.Grow(100); err != nil {
		t.Error(err)
	}
}

// A prefix that was kept gives the same bits as one that was stored anew, whatever was there in between.
func TestTruncateKeepsThePrefix(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	row := func() []float32 {
		x := make([]float32, shape.Heads*shape.Layout.Dim)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		return x
	}
	const n, kept = 200, 70
	var k, v, other [n][]float32
	for i := range n {
		k[i], v[i], other[i] = row(), row(), row()
	}
	fill := func(c *Cache, k, v *[n][]float32) {
		if err := c.Grow(n); err != nil {
			t.Fatal(err)
		}
		for pos := c.Len(); pos < n; pos++ {
			c.Store(kernels.Best(), 1, pos, k[pos], v[pos])
		}
		c.Advance(n)
	}
	query := row()[:shape.Layout.Dim]
	ask := func(c *Cache) []float32 {
		x := slices.Clone(query)
		c.Attend(kernels.Best(), 1, 1, 1, len(x), []int32{n - 1}, x)
		return x
	}
	fresh, used := New(shape, n), New(shape, n)
	defer fresh.Free()
	defer used.Free()
	fill(fresh, &k, &v)
	mixed := k
	copy(mixed[kept:], other[kept:])
	fill(used, &mixed, &other)
	if slices.Equal(ask(fresh), ask(used)) {
		t.Fatal("what is stored makes no difference")
	}
	used.Truncate(0)
	fill(used, &mixed, &v)
	used.Truncate(kept)
	fill(used, &k, &v)
	if !slices.Equal(ask(fresh), ask(used)) {
		t.Error("a kept prefix is not a fresh one")
	}
}
