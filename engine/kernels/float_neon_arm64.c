// NEON: sixteen floats are four registers.

#include <arm_neon.h>

#include "float.h"

#define FN(name) name##_neon
#define TARGET
#define INLINE static inline __attribute__((always_inline))
#define ROWS_MAX 6
#define TILES_OF(rows) ((rows) == 1 ? 4 : (rows) == 2 ? 2 : 1)

typedef struct {
	float32x4_t a, b, c, d;
} V;

#define EACH(op, ...) ((V){op(__VA_ARGS__, a), op(__VA_ARGS__, b), op(__VA_ARGS__, c), op(__VA_ARGS__, d)})
#define TWO(f, x, y, i) f((x).i, (y).i)

INLINE V FN(load)(const float *p) { return (V){vld1q_f32(p), vld1q_f32(p + 4), vld1q_f32(p + 8), vld1q_f32(p + 12)}; }
INLINE void FN(put)(float *p, V x) {
	vst1q_f32(p, x.a);
	vst1q_f32(p + 4, x.b);
	vst1q_f32(p + 8, x.c);
	vst1q_f32(p + 12, x.d);
}
INLINE V FN(all)(float x) { return (V){vdupq_n_f32(x), vdupq_n_f32(x), vdupq_n_f32(x), vdupq_n_f32(x)}; }
INLINE V FN(fma)(V x, V y, V z) {
	return (V){vfmaq_f32(z.a, x.a, y.a), vfmaq_f32(z.b, x.b, y.b), vfmaq_f32(z.c, x.c, y.c), vfmaq_f32(z.d, x.d, y.d)};
}
INLINE V FN(plus)(V x, V y) { return EACH(TWO, vaddq_f32, x, y); }
INLINE V FN(minus)(V x, V y) { return EACH(TWO, vsubq_f32, x, y); }
INLINE V FN(times)(V x, V y) { return EACH(TWO, vmulq_f32, x, y); }
INLINE V FN(over)(V x, V y) { return EACH(TWO, vdivq_f32, x, y); }

// x86's maximum and minimum take the second operand when either is no number; so do these.
INLINE float32x4_t FN(max4)(float32x4_t x, float32x4_t y) { return vbslq_f32(vcgtq_f32(x, y), x, y); }
INLINE float32x4_t FN(min4)(float32x4_t x, float32x4_t y) { return vbslq_f32(vcltq_f32(x, y), x, y); }
INLINE V FN(greater)(V x, V y) { return EACH(TWO, FN(max4), x, y); }
INLINE V FN(lesser)(V x, V y) { return EACH(TWO, FN(min4), x, y); }

INLINE float32x4_t FN(keep4)(float32x4_t x, float32x4_t bound, float32x4_t y) {
	return vreinterpretq_f32_u32(vandq_u32(vcgeq_f32(x, bound), vreinterpretq_u32_f32(y)));
}
INLINE V FN(zero_below)(V x, float bound, V y) {
	float32x4_t b = vdupq_n_f32(bound);
	return (V){FN(keep4)(x.a, b, y.a), FN(keep4)(x.b, b, y.b), FN(keep4)(x.c, b, y.c), FN(keep4)(x.d, b, y.d)};
}

INLINE float32x4_t FN(shift4)(float32x4_t x) { return vreinterpretq_f32_u32(vshlq_n_u32(vreinterpretq_u32_f32(x), 23)); }
INLINE V FN(shift23)(V x) { return (V){FN(shift4)(x.a), FN(shift4)(x.b), FN(shift4)(x.c), FN(shift4)(x.d)}; }

INLINE V FN(load_half)(const uint16_t *p) {
	float16x8_t lo = vreinterpretq_f16_u16(vld1q_u16(p)), hi = vreinterpretq_f16_u16(vld1q_u16(p + 8));
	return (V){vcvt_f32_f16(vget_low_f16(lo)), vcvt_high_f32_f16(lo), vcvt_f32_f16(vget_low_f16(hi)), vcvt_high_f32_f16(hi)};
}
INLINE void FN(put_half)(uint16_t *p, V x) {
	vst1q_u16(p, vreinterpretq_u16_f16(vcvt_high_f16_f32(vcvt_f16_f32(x.a), x.b)));
	vst1q_u16(p + 8, vreinterpretq_u16_f16(vcvt_high_f16_f32(vcvt_f16_f32(x.c), x.d)));
}

INLINE float FN(sum)(V x) {
	float32x4_t f = vaddq_f32(vaddq_f32(x.a, x.c), vaddq_f32(x.b, x.d));
	float32x2_t g = vadd_f32(vget_low_f32(f), vget_high_f32(f));
	return vget_lane_f32(g, 0) + vget_lane_f32(g, 1);
}
INLINE float FN(peak)(V x) {
	float32x4_t f = FN(max4)(FN(max4)(x.a, x.c), FN(max4)(x.b, x.d));
	f = FN(max4)(f, vextq_f32(f, f, 2));
	f = FN(max4)(f, vextq_f32(f, f, 1));
	return vgetq_lane_f32(f, 0);
}

#include "float_body.h"
#include "attention_body.h"

const float_kernels float_neon = FLOAT_KERNELS;
