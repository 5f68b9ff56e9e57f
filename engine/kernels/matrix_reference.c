// Plain C for every processor: sixteen of everything, one after another.

#include <math.h>

#include "matrix.h"

#define FN(name) name##_reference
#define TARGET
#define INLINE static inline
#define UNROLL
#define TOKENS_MAX 4
#define ROWS_MAX 1 // of floating-point weights at once
#define SPAN_5 8
#define SPAN_6 4

typedef struct {
	float v[PANEL_ROWS];
} F;
typedef struct {
	uint32_t v[PANEL_ROWS];
} I;

#define LANES_OF(type, expression)              \
	type out;                                   \
	for (int i = 0; i < PANEL_ROWS; i++) {      \
		out.v[i] = (expression);                \
	}                                           \
	return out

INLINE float half_reference(uint16_t h) {
	uint32_t exponent = h >> 10 & 31, mantissa = h & 1023;
	float magnitude = exponent == 0 ? ldexpf((float)mantissa, -24)
		: exponent < 31             ? ldexpf((float)(mantissa + 1024), (int)exponent - 25)
		: mantissa                  ? NAN
									: INFINITY;
	return h >> 15 ? -magnitude : magnitude;
}
INLINE uint16_t pair_of_bytes(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
INLINE float bfloat_reference(uint16_t b) {
	uint32_t bits = (uint32_t)b << 16;
	float f;
	__builtin_memcpy(&f, &bits, sizeof f);
	return f;
}

INLINE F FN(f_zero)(void) { LANES_OF(F, 0); }
INLINE F FN(f_load)(const float *p) { LANES_OF(F, p[i]); }
INLINE F FN(f_load_half)(const uint16_t *p) { LANES_OF(F, half_reference(p[i])); }
INLINE F FN(f_load_bfloat)(const uint16_t *p) { LANES_OF(F, bfloat_reference(p[i])); }
INLINE F FN(f_half)(const uint8_t *p) { LANES_OF(F, half_reference(pair_of_bytes(p + 2 * i))); }
INLINE F FN(f_int)(I a) { LANES_OF(F, (float)(int32_t)a.v[i]); }
INLINE F FN(f_times)(F a, float b) { LANES_OF(F, a.v[i] * b); }
INLINE F FN(f_fma)(F a, F b, F c) { LANES_OF(F, fmaf(a.v[i], b.v[i], c.v[i])); }
INLINE void FN(f_put)(float *p, F a) { __builtin_memcpy(p, a.v, sizeof a.v); }

INLINE I FN(zero)(void) { LANES_OF(I, 0); }
INLINE I FN(broadcast)(const uint32_t *p) { LANES_OF(I, *p); }
INLINE I FN(load)(const uint8_t *p) {
	LANES_OF(I, (uint32_t)pair_of_bytes(p + 4 * i) | (uint32_t)pair_of_bytes(p + 4 * i + 2) << 16);
}
INLINE I FN(and)(I a, uint32_t mask) { LANES_OF(I, a.v[i] & mask); }
INLINE I FN(or)(I a, I b) { LANES_OF(I, a.v[i] | b.v[i]); }
INLINE I FN(left)(I a, int bits) { LANES_OF(I, a.v[i] << bits); }
INLINE I FN(right)(I a, int bits) { LANES_OF(I, a.v[i] >> bits); }
INLINE I FN(signed_byte)(I a, int k) { LANES_OF(I, (uint32_t)(int8_t)(a.v[i] >> 8 * k)); }
INLINE I FN(add)(I a, I b) { LANES_OF(I, a.v[i] + b.v[i]); }
INLINE I FN(times)(I a, I b) { LANES_OF(I, a.v[i] * b.v[i]); }

// One lane's four products of an unsigned and a signed byte.
INLINE uint32_t dot_lane(uint32_t sum, uint32_t w, uint32_t x) {
	for (int k = 0; k < 32; k += 8) {
		sum += (w >> k & 255) * (uint32_t)(int8_t)(x >> k);
	}
	return sum;
}
INLINE I FN(start)(const uint32_t *offset) { return FN(broadcast)(offset); }
INLINE I FN(dot)(I sum, I w, const uint32_t *x) { LANES_OF(I, dot_lane(sum.v[i], w.v[i], *x)); }
INLINE I FN(finish)(I sum, const uint32_t *offset) {
	(void)offset;
	return sum;
}
INLINE I FN(start_8)(const uint32_t *offset) { return FN(broadcast)(offset); }
INLINE I FN(load_8)(const uint8_t *p) { return FN(load)(p); }
INLINE I FN(dot_8)(I sum, I w, const uint32_t *x) { return FN(dot)(sum, w, x); }

INLINE I FN(dot_16)(I sum, I a, const uint32_t *x) {
	LANES_OF(I, sum.v[i] + (a.v[i] & 0xffff) * (uint32_t)(int16_t)*x + (a.v[i] >> 16) * (uint32_t)(int16_t)(*x >> 16));
}

#include "matrix_body.h"

const matrix_kernels matrix_reference = MATRIX_KERNELS;
