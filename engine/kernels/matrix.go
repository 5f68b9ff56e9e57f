package kernels

// ISO C forbids GCC to fuse a product and a sum that are written apart; each fused multiply-add here is written as one.

/*
#cgo CFLAGS: -std=c11
#cgo LDFLAGS: -lm
#cgo noescape croft_multiply
#cgo nocallback croft_multiply
#cgo noescape croft_quantize
#cgo nocallback croft_quantize
#include "matrix.h"

static const matrix_kernels *matrix_set(int set) {
	switch (set) {
#if defined(__x86_64__)
	case 1: return &matrix_avx2;
	case 2: return &matrix_avx512;
#elif defined(__aarch64__)
	case 3: return &matrix_neon;
	case 4: return &matrix_dotprod;
#endif
	}
	return &matrix_reference;
}

// The types of weights, in the order of the Go constants.
static void croft_multiply(int set, int format, const void *w, int64_t rows, int64_t size, const void *x, int64_t width,
	int64_t tokens, float *out, int64_t stride) {
	const matrix_kernels *k = matrix_set(set);
	multiply_panels *panels[] = {k->q4_0, k->q8_0, k->q4_k, k->q5_k, k->q6_k};
	multiply_rows *dense[] = {k->f32, k->f16, k->bf16};
	if (format < 5) {
		panels[format](w, rows, size, x, width, tokens, out, stride);
	} else {
		dense[format - 5](w, rows, size, x, tokens, out, stride);
	}
}

static void croft_quantize(int set, int size, const float *x, int64_t cols, int64_t width, int64_t tokens, uint32_t *words) {
	const matrix_kernels *k = matrix_set(set);
	(size == 32 ? k->quantize_32 : k->quantize_256)(x, cols, width, tokens, words);
}
*/
import "C"

import (
	"fmt"
	"unsafe"
)

// Format is how the weights of a matrix lie in memory.
type Format int

// The quantized formats lie in panels of 16 rows, the others row after row.
const (
	Q4_0 Format = iota
	Q8_0
	Q4_K
	Q5_K
	Q6_K
	F32
	F16
	BF16
)

// PanelRows is the number of rows that lie interleaved in a panel of a quantized format.
const PanelRows = C.PANEL_ROWS

// Quantized says whether f lies in panels and multiplies a quantized input.
func (f Format) Quantized() bool { return f < F32 }

// BlockValues is the number of values that share a scale, in the weights and in the input; 1 for the others.
func (f Format) BlockValues() int {
	switch f {
	case Q4_0, Q8_0:
		return 32
	case Q4_K, Q5_K, Q6_K:
		return 256
	}
	return 1
}

// PanelBytes is the size of a panel of so many blocks a row. Blocks of Q4_0, Q8_0 and Q6_K go in pairs,
// whose scales share a cache line.
func (f Format) PanelBytes(blocks int) int {
	pairs := (blocks + 1) / 2 * 64
	switch f {
	case Q4_0:
		return pairs + blocks*C.BODY_Q4_0
	case Q8_0:
		return pairs + blocks*C.BODY_Q8_0
	case Q6_K:
		return pairs + blocks*C.BODY_Q6_K
	case Q4_K:
		return blocks * C.BODY_Q4_K
	case Q5_K:
		return blocks * C.BODY_Q5_K
	}
	panic("kernels: this format has no panels")
}

// InputWords is the number of 32-bit words that cols values of one token take when quantized for blocks of
// blockValues (32 or 256).
func InputWords(blockValues, cols int) int {
	if blockValues == 32 {
		return cols / 32 * C.WORDS_32
	}
	return cols / 256 * C.WORDS_256
}

// Quantize makes the input of quantized products from x (tokens, cols), tokens <= width. Tokens up to width that
// are missing become 0. words has InputWords · width; width is 1 or 4.
func Quantize(set Set, blockValues int, x []float32, cols, width, tokens int, words []uint32) {
	if cols%blockValues != 0 || tokens < 1 || tokens > width || len(x) < tokens*cols ||
		len(words) < width*InputWords(blockValues, cols) {
		panic("kernels: Quantize: shapes do not fit")
	}
	if cols == 0 {
		return
	}
	C.croft_quantize(variant(set), C.int(blockValues), floats(x), C.int64_t(cols), C.int64_t(width), C.int64_t(tokens),
		(*C.uint32_t)(unsafe.SliceData(words)))
}

// MultiplyPanels puts the products of rows (from the first row of a panel) and tokens into out:
// w (rows, cols) in panels, words (tokens, cols) from Quantize, row r of token t to out[t·stride + r].
func MultiplyPanels(set Set, f Format, w []byte, rows, cols int, words []uint32, width, tokens int, out []float32, stride int) {
	blocks := cols / f.BlockValues()
	panels := (rows + PanelRows - 1) / PanelRows
	groups := (tokens + width - 1) / width
	if rows < 1 || tokens < 1 || len(w) < panels*f.PanelBytes(blocks) || stride < rows ||
		len(words) < groups*width*InputWords(f.BlockValues(), cols) || len(out) < (tokens-1)*stride+rows {
		panic(fmt.Sprintf("kernels: MultiplyPanels: shapes do not fit: %d rows, %d cols, %d tokens", rows, cols, tokens))
	}
	C.croft_multiply(variant(set), C.int(f), unsafe.Pointer(unsafe.SliceData(w)), C.int64_t(rows), C.int64_t(blocks),
		unsafe.Pointer(unsafe.SliceData(words)), C.int64_t(width), C.int64_t(tokens), floats(out), C.int64_t(stride))
}

// MultiplyRows is MultiplyPanels for F32, F16 and BF16: w (rows, cols) row after row, x (tokens, cols).
func MultiplyRows(set Set, f Format, w []byte, rows, cols int, x []float32, tokens int, out []float32, stride int) {
	size := 2
	if f == F32 {
		size = 4
	}
	if rows < 1 || tokens < 1 || len(w) < rows*cols*size || stride < rows || len(x) < tokens*cols || len(out) < (tokens-1)*stride+rows {
		panic(fmt.Sprintf("kernels: MultiplyRows: shapes do not fit: %d rows, %d cols, %d tokens", rows, cols, tokens))
	}
	C.croft_multiply(variant(set), C.int(f), unsafe.Pointer(unsafe.SliceData(w)), C.int64_t(rows), C.int64_t(cols),
		unsafe.Pointer(unsafe.SliceData(x)), 0, C.int64_t(tokens), floats(out), C.int64_t(stride))
}

func floats(s []float32) *C.float { return (*C.float)(unsafe.SliceData(s)) }

// variant is the number of a set in C; arm64 has one more for processors with the dot product instructions.
func variant(s Set) C.int {
	if s == NEON && hasDotProd {
		return C.int(NEON) + 1
	}
	return C.int(s)
}
