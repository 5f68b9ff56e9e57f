// Float kernels: everything of a forward pass that is not a matrix of weights.
//
// Every set gives the same bits, because the order of additions is part of each definition and every fused
// multiply-add is written as one. A sum over a row is 16 running sums (element k goes to sum k mod 16) and then the
// tree 8, 4, 2, 1. Where lanes are independent (positions, head dimensions) nothing is summed across them.

#ifndef CROFT_FLOAT_H
#define CROFT_FLOAT_H

#include <stdint.h>

// Products and sums are fused only where fma says so. GCC keeps to that under -std=c11, clang is told here.
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

enum {
	LANES = 16,    // floats that are worked on together, on every processor
	TILE = 64,     // positions whose keys and values lie together
	DIM_MAX = 256, // largest size of one attention head
};

// How one head's vectors are treated between the projection and attention. Pointers may be 0.
typedef struct {
	const float *bias;      // (heads, dim), added first
	const float *norm;      // (dim), weights of an RMS norm of each head
	float eps;              // of that norm
	const float *cos, *sin; // (n, rotated / 2) for each row
	int rotated;            // the first so many dimensions of a head turn with the position
	int interleaved;        // pairs are (2i, 2i+1) rather than (i, i + rotated/2)
	float scale;            // multiplied in last
} head_plan;

// Where attention finds the tiles of one layer and one key head.
// tiles[i] + keys holds (dim, TILE) and tiles[i] + values holds (TILE, dim rounded up to LANES).
typedef struct {
	char *const *tiles;
	int64_t keys, values; // bytes
	int half;             // elements are IEEE binary16, else binary32
} cache_plan;

typedef struct {
	// x (n, cols) += y (n, cols) unless y is 0; out (n, cols) = x / sqrt(mean(x²) + eps) · w (cols)
	void (*add_norm)(int64_t n, int64_t cols, float *x, const float *y, const float *w, float eps, float *out);
	// x (n) += y (n)
	void (*add)(int64_t n, float *x, const float *y);
	// gate (n) = gate · sigmoid(gate) · up (n)
	void (*silu_mul)(int64_t n, float *gate, const float *up);
	// out (n) = exp(x (n)); 0 below -87
	void (*exp)(int64_t n, const float *x, float *out);
	// x (n, heads, dim) in place
	void (*prepare_heads)(int64_t n, int heads, int dim, const head_plan *plan, float *x);
	// One position of one key head: k (dim) and v (dim) into lane 0 <= lane < TILE of a tile.
	void (*store)(int dim, int half, const float *k, const float *v, void *keys, void *values, int lane);
	// x (tokens, group, dim), tokens stride floats apart, holds scaled queries and receives the result.
	// Token i sees the positions [0, pos[i]].
	void (*attend)(int64_t tokens, int group, int dim, int64_t stride, const int32_t *pos, const cache_plan *cache, float *x);
} float_kernels;

extern const float_kernels float_reference;
#if defined(__x86_64__)
extern const float_kernels float_avx2, float_avx512;
#elif defined(__aarch64__)
extern const float_kernels float_neon;
#endif

#endif
