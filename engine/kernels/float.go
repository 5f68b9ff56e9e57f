package kernels

/*
#cgo CFLAGS: -std=c11
#cgo LDFLAGS: -lm
#cgo noescape croft_add_norm
#cgo nocallback croft_add_norm
#cgo noescape croft_add
#cgo nocallback croft_add
#cgo noescape croft_silu_mul
#cgo nocallback croft_silu_mul
#cgo noescape croft_exp
#cgo nocallback croft_exp
#cgo noescape croft_prepare_heads
#cgo nocallback croft_prepare_heads
#cgo noescape croft_store
#cgo nocallback croft_store
#cgo noescape croft_attend
#cgo nocallback croft_attend
#include "float.h"

static inline const float_kernels *croft_floats(int set) {
#if defined(__x86_64__)
	return set == 2 ? &float_avx512 : set == 1 ? &float_avx2 : &float_reference;
#elif defined(__aarch64__)
	return set == 3 ? &float_neon : &float_reference;
#else
	return &float_reference;
#endif
}

static inline void croft_add_norm(int set, int64_t n, int64_t cols, float *x, const float *y, const float *w, float eps, float *out) {
	croft_floats(set)->add_norm(n, cols, x, y, w, eps, out);
}
static inline void croft_add(int set, int64_t n, float *x, const float *y) { croft_floats(set)->add(n, x, y); }
static inline void croft_silu_mul(int set, int64_t n, float *gate, const float *up) { croft_floats(set)->silu_mul(n, gate, up); }
static inline void croft_exp(int set, int64_t n, const float *x, float *out) { croft_floats(set)->exp(n, x, out); }
static inline void croft_prepare_heads(int set, int64_t n, int heads, int dim, const float *bias, const float *norm, float eps,
	const float *cos, const float *sin, int rotated, int interleaved, float scale, float *x) {
	head_plan plan = {bias, norm, eps, cos, sin, rotated, interleaved, scale};
	croft_floats(set)->prepare_heads(n, heads, dim, &plan, x);
}
// All key heads of one position: head h's keys begin h·step bytes after the first's, its values likewise.
static inline void croft_store(int set, int heads, int dim, int half, const float *k, const float *v, char *keys, char *values, int64_t step, int lane) {
	for (int h = 0; h < heads; h++) {
		croft_floats(set)->store(dim, half, k + h * dim, v + h * dim, keys + h * step, values + h * step, lane);
	}
}
static inline void croft_attend(int set, int64_t tokens, int group, int dim, int64_t stride, const int32_t *pos,
	char *const *tiles, int64_t keys, int64_t values, int half, float *x) {
	cache_plan cache = {tiles, keys, values, half};
	croft_floats(set)->attend(tokens, group, dim, stride, pos, &cache, x);
}
*/
import "C"

import "unsafe"

const (
	// Tile is the number of positions whose keys and values lie together.
	Tile = C.TILE
	// HeadDimMax is the largest size of one attention head.
	HeadDimMax = C.DIM_MAX

	lanes = C.LANES
)

// AddNorm adds y (n, cols), unless it is nil, to x (n, cols), and writes the RMS norm of the sum to out (n, cols):
// x / √(mean(x²) + eps) · w, with w (cols). See Zhang and Sennrich, arXiv 1910.07467.
func (s Set) AddNorm(x, y, w []float32, eps float32, out []float32) {
	cols := len(w)
	n := len(x) / cols
	must(n*cols == len(x) && len(out) >= len(x) && (y == nil || len(y) >= len(x)))
	C.croft_add_norm(C.int(s), C.int64_t(n), C.int64_t(cols), first(x), first(y), first(w), C.float(eps), first(out))
}

// Add adds y (n) to x (n).
func (s Set) Add(x, y []float32) {
	must(len(y) >= len(x))
	C.croft_add(C.int(s), C.int64_t(len(x)), first(x), first(y))
}

// SiLUMul is the gate of SwiGLU (Shazeer, arXiv 2002.05202): gate (n) becomes gate · sigmoid(gate) · up (n).
func (s Set) SiLUMul(gate, up []float32) {
	must(len(up) >= len(gate))
	C.croft_silu_mul(C.int(s), C.int64_t(len(gate)), first(gate), first(up))
}

// Exp writes e^x (n) to out (n): within 2 units in the last place for -87 <= x <= 88, 0 below, e^88 above.
func (s Set) Exp(x, out []float32) {
	must(len(out) >= len(x))
	C.croft_exp(C.int(s), C.int64_t(len(x)), first(x), first(out))
}

// Heads says what happens to queries or keys between their projection and attention.
type Heads struct {
	Dim         int       // of one head, at most HeadDimMax
	Bias        []float32 // (heads · dim), added first; may be nil
	Norm        []float32 // (dim), weights of an RMS norm over each head; may be nil
	Eps         float32   // of that norm
	Rotated     int       // the first so many dimensions turn with the position
	Interleaved bool      // the pairs that turn are (2i, 2i+1); otherwise (i, i + Rotated/2)
	Scale       float32   // multiplied in last
}

// PrepareHeads applies h to x (n, heads · dim) in place. cos and sin (n, Rotated/2) belong to each row's position.
func (s Set) PrepareHeads(h *Heads, n int, cos, sin, x []float32) {
	row := len(x) / n
	must(row*n == len(x) && row%h.Dim == 0 && h.Rotated%2 == 0 && h.Rotated <= h.Dim && h.Dim <= HeadDimMax)
	must(len(cos) >= n*h.Rotated/2 && len(sin) >= n*h.Rotated/2)
	must((h.Bias == nil || len(h.Bias) == row) && (h.Norm == nil || len(h.Norm) == h.Dim))
	var interleaved C.int
	if h.Interleaved {
		interleaved = 1
	}
	C.croft_prepare_heads(C.int(s), C.int64_t(n), C.int(row/h.Dim), C.int(h.Dim), first(h.Bias), first(h.Norm), C.float(h.Eps),
		first(cos), first(sin), C.int(h.Rotated), interleaved, C.float(h.Scale), first(x))
}

// TileLayout says how the keys and values of one layer and key head lie in memory, Tile positions at a time:
// keys (dim, Tile), so that neighbours are positions, then values (Tile, dim rounded up to 16).
// Elements are IEEE binary16 (Half) or binary32.
type TileLayout struct {
	Dim  int
	Half bool
}

func (l TileLayout) width() int { return (l.Dim + lanes - 1) / lanes * lanes }

func (l TileLayout) element() int {
	if l.Half {
		return 2
	}
	return 4
}

// KeyBytes is the size of a tile's keys, where its values begin.
func (l TileLayout) KeyBytes() int { return l.Dim * Tile * l.element() }

// Bytes is the size of a tile.
func (l TileLayout) Bytes() int { return (l.Dim + l.width()) * Tile * l.element() }

func (l TileLayout) half() C.int {
	if l.Half {
		return 1
	}
	return 0
}

// Store writes the keys and values (heads · dim) of one position to lane of the tiles that begin at tile, one after
// another for each key head. The memory must not move; values beyond ±65504 are cut there when l is Half.
func (s Set) Store(l TileLayout, k, v []float32, tile []byte, lane int) {
	heads := len(k) / l.Dim
	must(heads*l.Dim == len(k) && len(v) == len(k) && len(tile) >= heads*l.Bytes() && 0 <= lane && lane < Tile)
	keys := unsafe.Pointer(unsafe.SliceData(tile))
	C.croft_store(C.int(s), C.int(heads), C.int(l.Dim), l.half(), first(k), first(v),
		(*C.char)(keys), (*C.char)(unsafe.Add(keys, l.KeyBytes())), C.int64_t(l.Bytes()), C.int(lane))
}

// Attend is causal attention (Vaswani and others, arXiv 1706.03762) of some tokens of one sequence, for the group of
// query heads that share one key head. x holds the group's queries (group · dim) of the first token, those of the
// next stride floats later, rotated and scaled; the results replace them. Token i sees the positions [0, pos[i]].
// tiles are the addresses of the sequence's tiles, memory that does not move; offset is where this layer and key head
// begin in each.
func (s Set) Attend(l TileLayout, tiles []unsafe.Pointer, offset, group, stride int, pos []int32, x []float32) {
	must(len(pos) > 0 && l.Dim <= HeadDimMax && len(x) >= (len(pos)-1)*stride+group*l.Dim)
	for _, p := range pos {
		must(p >= 0 && int(p)/Tile < len(tiles))
	}
	C.croft_attend(C.int(s), C.int64_t(len(pos)), C.int(group), C.int(l.Dim), C.int64_t(stride), (*C.int32_t)(unsafe.SliceData(pos)),
		(**C.char)(unsafe.Pointer(unsafe.SliceData(tiles))), C.int64_t(offset), C.int64_t(offset+l.KeyBytes()), l.half(), first(x))
}

func first(x []float32) *C.float { return (*C.float)(unsafe.SliceData(x)) }

// must guards what C cannot check. A failure is an error of the caller's, not of a file's.
func must(ok bool) {
	if !ok {
		panic("kernels: lengths do not fit together")
	}
}
