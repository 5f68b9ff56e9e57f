// The reference: sixteen floats are an array, for any processor that has C.

#include <math.h>
#include <string.h>

#include "float.h"

#define FN(name) name##_reference
#define TARGET
#define INLINE static inline
#define ROWS_MAX 4
#define TILES_OF(rows) 1

typedef struct {
	float at[LANES];
} V;

#define EACH(expression)                \
	V out;                              \
	for (int i = 0; i < LANES; i++) {   \
		out.at[i] = (expression);       \
	}                                   \
	return out

static inline float bits_to_float(uint32_t u) {
	float f;
	memcpy(&f, &u, sizeof f);
	return f;
}
static inline uint32_t float_to_bits(float f) {
	uint32_t u;
	memcpy(&u, &f, sizeof u);
	return u;
}

// The value of IEEE binary16 bits; exact.
static float half_to_float(uint16_t h) {
	uint32_t sign = (uint32_t)(h & 0x8000) << 16, magnitude = h & 0x7fff;
	if (magnitude >= 0x7c00) {
		return bits_to_float(sign | 0x7f800000 | (magnitude & 0x3ff) << 13);
	}
	float f = bits_to_float(magnitude << 13) * 0x1p112f;
	return bits_to_float(sign | float_to_bits(f));
}

// Rounded to nearest, ties to even. The caller keeps |f| within 65504.
static uint16_t float_to_half(float f) {
	uint32_t u = float_to_bits(f), sign = u >> 16 & 0x8000;
	u &= 0x7fffffff;
	if (u > 0x7f800000) {
		return (uint16_t)(sign | 0x7e00 | (u >> 13 & 0x3ff));
	}
	if (u < 0x38800000) { // below 2^-14 a half is a multiple of 2^-24: let the adder round
		return (uint16_t)(sign | (float_to_bits(bits_to_float(u) + 0.5f) - 0x3f000000));
	}
	return (uint16_t)(sign | (u - 0x38000000 + 0xfff + (u >> 13 & 1)) >> 13);
}

INLINE V FN(load)(const float *p) { EACH(p[i]); }
INLINE void FN(put)(float *p, V a) { memcpy(p, a.at, sizeof a.at); }
INLINE V FN(all)(float x) { EACH(x); }
INLINE V FN(fma)(V a, V b, V c) { EACH(fmaf(a.at[i], b.at[i], c.at[i])); }
INLINE V FN(plus)(V a, V b) { EACH(a.at[i] + b.at[i]); }
INLINE V FN(minus)(V a, V b) { EACH(a.at[i] - b.at[i]); }
INLINE V FN(times)(V a, V b) { EACH(a.at[i] * b.at[i]); }
INLINE V FN(over)(V a, V b) { EACH(a.at[i] / b.at[i]); }
INLINE V FN(greater)(V a, V b) { EACH(a.at[i] > b.at[i] ? a.at[i] : b.at[i]); }
INLINE V FN(lesser)(V a, V b) { EACH(a.at[i] < b.at[i] ? a.at[i] : b.at[i]); }
INLINE V FN(zero_below)(V x, float bound, V a) { EACH(x.at[i] >= bound ? a.at[i] : 0); }
INLINE V FN(shift23)(V a) { EACH(bits_to_float(float_to_bits(a.at[i]) << 23)); }
INLINE V FN(load_half)(const uint16_t *p) { EACH(half_to_float(p[i])); }
INLINE void FN(put_half)(uint16_t *p, V a) {
	for (int i = 0; i < LANES; i++) {
		p[i] = float_to_half(a.at[i]);
	}
}

INLINE float FN(sum)(V a) {
	for (int step = LANES / 2; step > 0; step /= 2) {
		for (int i = 0; i < step; i++) {
			a.at[i] += a.at[i + step];
		}
	}
	return a.at[0];
}
INLINE float FN(peak)(V a) {
	for (int step = LANES / 2; step > 0; step /= 2) {
		for (int i = 0; i < step; i++) {
			a.at[i] = a.at[i] > a.at[i + step] ? a.at[i] : a.at[i + step];
		}
	}
	return a.at[0];
}

#include "float_body.h"
#include "attention_body.h"

const float_kernels float_reference = FLOAT_KERNELS;
