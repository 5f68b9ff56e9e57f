// Matrix kernels: out (tokens, rows) = x (tokens, cols) · W (rows, cols)ᵀ.
//
// Quantized weights lie in panels of 16 rows, row r of a panel in lane r of every register, so no lane is ever added
// to another. In each block the products are summed exactly in int32; then one fused multiply-add a block, in
// ascending order, adds to the row's float32. (Q4_K and Q5_K have a second one for the minimums.) So every set,
// any number of tokens at once and any number of threads give the same bits.
//
// Floating-point weights lie as in the file: 16 running fused sums (element k goes to sum k mod 16, the last
// sixteen filled up with zeros) and then the tree 8, 4, 2, 1.

#ifndef CROFT_MATRIX_H
#define CROFT_MATRIX_H

#include <stddef.h>
#include <stdint.h>

// A quantized input is a sequence of 32-bit words for each block. Four tokens lie side by side: word k of token t is
// at 4·k + t mod 4. A single token lies alone (width 1).
enum {
	PANEL_ROWS = 16,

	// Blocks of 32 values, for Q4_0 and Q8_0.
	SCALE_32 = 8,    // after 32 int8: float32, how much 1 is
	OFFSET_4_32 = 9,  // int32, -8 · the sum of the block
	OFFSET_8_32 = 10, // int32, -128 · the sum of the block
	WORDS_32 = 11,

	// Blocks of 256 values, for the K types: two halves, each of 128 int8 and 8 int32, -32 · the sums of 16 values.
	HALF_256 = 40,
	OFFSETS_256 = 32, // in a half
	SCALE_256 = 80,
	PAIRS_256 = 81, // 4 pairs of int16: sums of 32 values, (0, 2) (1, 3) (4, 6) (5, 7)
	WORDS_256 = 85,

	// Bytes of a panel's block. Q4_0, Q8_0 and Q6_K keep the scales of two blocks in one cache line before them.
	BODY_Q4_0 = 16 * 16,
	BODY_Q8_0 = 16 * 32,
	BODY_Q6_K = 16 * (16 + 64 + 128), // scales, high and low bits
	BODY_Q4_K = 16 * (4 + 12 + 128),  // d and dmin, scales and minimums, low bits
	BODY_Q5_K = 16 * (4 + 12 + 32 + 128),
};

// rows from the first panel at w, each of so many blocks; x in tokens of so many blocks, interleaved by width (1 or 4);
// row r of token t goes to out[t · stride + r].
typedef void multiply_panels(const uint8_t *w, int64_t rows, int64_t blocks, const uint32_t *x, int64_t width,
	int64_t tokens, float *out, int64_t stride);

// w (rows, cols) and x (tokens, cols) one row after another.
typedef void multiply_rows(const void *w, int64_t rows, int64_t cols, const float *x, int64_t tokens, float *out, int64_t stride);

// x (tokens, cols) with tokens <= width becomes words; tokens that are missing become 0. In each block the largest
// magnitude becomes 127: scale = peak / 127 and q = x · (127 / peak), rounded to nearest even. A block whose peak is
// below 2^-100 is 0; a block that holds an infinity or a NaN has the scale NaN.
typedef void quantize_tokens(const float *x, int64_t cols, int64_t width, int64_t tokens, uint32_t *words);

typedef struct {
	multiply_panels *q4_0, *q8_0, *q4_k, *q5_k, *q6_k;
	multiply_rows *f32, *f16, *bf16;
	quantize_tokens *quantize_32, *quantize_256;
} matrix_kernels;

extern const matrix_kernels matrix_reference;
#if defined(__x86_64__)
extern const matrix_kernels matrix_avx2, matrix_avx512;
#elif defined(__aarch64__)
extern const matrix_kernels matrix_neon, matrix_dotprod;
#endif

#endif
