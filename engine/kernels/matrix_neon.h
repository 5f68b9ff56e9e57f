// The operations of the matrix kernels on NEON, with and without dot product instructions. The weights are below 64
// or, for Q8_0, made signed, so signed products serve for all.

#if !defined(__clang__)
// Before it allots registers, GCC would move loads so far ahead that most of them went through the stack.
#pragma GCC optimize("no-schedule-insns")
#endif

#include <arm_neon.h>

#include "matrix.h"

#define INLINE static inline __attribute__((always_inline)) TARGET
// Before each loop of a constant count: its arrays are registers only when it is unrolled.
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
#define TOKENS_MAX 4
#define ROWS_MAX 1 // of floating-point weights at once
#define SPAN_5 8
#define SPAN_6 4
// Thirty-two registers do not hold what compilers would compute ahead: to gets its value now, and stays in registers.
#define KEEP(to, value)                                                                               \
	{                                                                                                 \
		to = (value);                                                                                 \
		__asm__("" : "+w"((to).v[0]), "+w"((to).v[1]), "+w"((to).v[2]), "+w"((to).v[3]));             \
	}

typedef struct {
	float32x4_t v[4];
} F;
typedef struct {
	int32x4_t v[4];
} I;

// i is 0 to 3.
#define QUARTERS_OF(type, expression)                                    \
	type out;                                                            \
	UNROLL for (int i = 0; i < 4; i++) out.v[i] = (expression); \
	return out

INLINE float32x4_t from_half(const uint16_t *p) { return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p))); }

INLINE F FN(f_zero)(void) { QUARTERS_OF(F, vdupq_n_f32(0)); }
INLINE F FN(f_load)(const float *p) { QUARTERS_OF(F, vld1q_f32(p + 4 * i)); }
INLINE F FN(f_load_half)(const uint16_t *p) { QUARTERS_OF(F, from_half(p + 4 * i)); }
INLINE F FN(f_load_bfloat)(const uint16_t *p) {
	QUARTERS_OF(F, vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(p + 4 * i), 16)));
}
INLINE F FN(f_half)(const uint8_t *p) { QUARTERS_OF(F, from_half((const uint16_t *)p + 4 * i)); }
INLINE F FN(f_int)(I a) { QUARTERS_OF(F, vcvtq_f32_s32(a.v[i])); }
INLINE F FN(f_times)(F a, float b) { QUARTERS_OF(F, vmulq_n_f32(a.v[i], b)); }
INLINE F FN(f_fma)(F a, F b, F c) { QUARTERS_OF(F, vfmaq_f32(c.v[i], a.v[i], b.v[i])); }
INLINE void FN(f_put)(float *p, F a) {
	UNROLL for (int i = 0; i < 4; i++) vst1q_f32(p + 4 * i, a.v[i]);
}

INLINE int32x4_t every(const uint32_t *p) { return vreinterpretq_s32_u32(vld1q_dup_u32(p)); }
INLINE int32x4_t shifted(int32x4_t a, int bits) {
	return vreinterpretq_s32_u32(vshlq_u32(vreinterpretq_u32_s32(a), vdupq_n_s32(bits)));
}
INLINE int32x4_t signed_byte_of(int32x4_t a, int k) { return vshrq_n_s32(vshlq_s32(a, vdupq_n_s32(24 - 8 * k)), 24); }

INLINE I FN(zero)(void) { QUARTERS_OF(I, vdupq_n_s32(0)); }
INLINE I FN(broadcast)(const uint32_t *p) { QUARTERS_OF(I, every(p)); }
INLINE I FN(load)(const uint8_t *p) { QUARTERS_OF(I, vreinterpretq_s32_u8(vld1q_u8(p + 16 * i))); }
INLINE I FN(and)(I a, uint32_t mask) { QUARTERS_OF(I, vandq_s32(a.v[i], vdupq_n_s32((int32_t)mask))); }
INLINE I FN(or)(I a, I b) { QUARTERS_OF(I, vorrq_s32(a.v[i], b.v[i])); }
INLINE I FN(left)(I a, int bits) { QUARTERS_OF(I, shifted(a.v[i], bits)); }
INLINE I FN(right)(I a, int bits) { QUARTERS_OF(I, shifted(a.v[i], -bits)); }
INLINE I FN(signed_byte)(I a, int k) { QUARTERS_OF(I, signed_byte_of(a.v[i], k)); }
INLINE I FN(add)(I a, I b) { QUARTERS_OF(I, vaddq_s32(a.v[i], b.v[i])); }
INLINE I FN(times)(I a, I b) { QUARTERS_OF(I, vmulq_s32(a.v[i], b.v[i])); }

// Each int32 of sum plus four products of signed bytes.
INLINE int32x4_t dot4(int32x4_t sum, int32x4_t w, int32x4_t x) {
	int8x16_t a = vreinterpretq_s8_s32(w), b = vreinterpretq_s8_s32(x);
#if HAVE_DOTPROD
	return vdotq_s32(sum, a, b);
#else
	int16x8_t low = vmull_s8(vget_low_s8(a), vget_low_s8(b)), high = vmull_high_s8(a, b);
	return vpadalq_s16(sum, vpaddq_s16(low, high)); // 2 · 128 · 127 < 2^15
#endif
}
INLINE I FN(start)(const uint32_t *offset) { return FN(broadcast)(offset); }
INLINE I FN(dot)(I sum, I w, const uint32_t *x) { QUARTERS_OF(I, dot4(sum.v[i], w.v[i], every(x))); }
INLINE I FN(finish)(I sum, const uint32_t *offset) {
	(void)offset;
	return sum;
}
INLINE I FN(start_8)(const uint32_t *offset) {
	(void)offset;
	return FN(zero)();
}
INLINE I FN(load_8)(const uint8_t *p) {
	QUARTERS_OF(I, veorq_s32(FN(load)(p).v[i], vdupq_n_s32((int32_t)0x80808080)));
}
INLINE I FN(dot_8)(I sum, I w, const uint32_t *x) { return FN(dot)(sum, w, x); }

INLINE int32x4_t dot_16_of(int32x4_t sum, int32x4_t w, int32x4_t x) {
	int16x8_t a = vreinterpretq_s16_s32(w), b = vreinterpretq_s16_s32(x);
	int32x4_t low = vmull_s16(vget_low_s16(a), vget_low_s16(b)), high = vmull_high_s16(a, b);
	return vaddq_s32(sum, vpaddq_s32(low, high));
}
INLINE I FN(dot_16)(I sum, I a, const uint32_t *x) { QUARTERS_OF(I, dot_16_of(sum.v[i], a.v[i], every(x))); }

#include "matrix_body.h"
