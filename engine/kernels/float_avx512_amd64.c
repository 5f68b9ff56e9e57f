// AVX-512: sixteen floats are one register.

#include <immintrin.h>

#include "float.h"

#define FN(name) name##_avx512
#define TARGET __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512vnni")))
#define INLINE static inline __attribute__((always_inline)) TARGET
#define ROWS_MAX 12
#define TILES_OF(rows) ((rows) <= 4 ? 4 : 2)

typedef __m512 V;

INLINE V FN(load)(const float *p) { return _mm512_loadu_ps(p); }
INLINE void FN(put)(float *p, V a) { _mm512_storeu_ps(p, a); }
INLINE V FN(all)(float x) { return _mm512_set1_ps(x); }
INLINE V FN(fma)(V a, V b, V c) { return _mm512_fmadd_ps(a, b, c); }
INLINE V FN(plus)(V a, V b) { return _mm512_add_ps(a, b); }
INLINE V FN(minus)(V a, V b) { return _mm512_sub_ps(a, b); }
INLINE V FN(times)(V a, V b) { return _mm512_mul_ps(a, b); }
INLINE V FN(over)(V a, V b) { return _mm512_div_ps(a, b); }
INLINE V FN(greater)(V a, V b) { return _mm512_max_ps(a, b); }
INLINE V FN(lesser)(V a, V b) { return _mm512_min_ps(a, b); }
INLINE V FN(zero_below)(V x, float bound, V a) {
	return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, _mm512_set1_ps(bound), _CMP_GE_OQ), a);
}
INLINE V FN(shift23)(V a) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(a), 23)); }
INLINE V FN(load_half)(const uint16_t *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p)); }
INLINE void FN(put_half)(uint16_t *p, V a) {
	_mm256_storeu_si256((__m256i *)p, _mm512_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT));
}

INLINE float FN(sum)(V a) {
	V b = _mm512_add_ps(a, _mm512_shuffle_f32x4(a, a, 0x4e));
	__m128 f = _mm_add_ps(_mm512_castps512_ps128(b), _mm512_extractf32x4_ps(b, 1));
	f = _mm_add_ps(f, _mm_movehl_ps(f, f));
	return _mm_cvtss_f32(_mm_add_ss(f, _mm_movehdup_ps(f)));
}
INLINE float FN(peak)(V a) {
	V b = _mm512_max_ps(a, _mm512_shuffle_f32x4(a, a, 0x4e));
	__m128 f = _mm_max_ps(_mm512_castps512_ps128(b), _mm512_extractf32x4_ps(b, 1));
	f = _mm_max_ps(f, _mm_movehl_ps(f, f));
	return _mm_cvtss_f32(_mm_max_ss(f, _mm_movehdup_ps(f)));
}

#include "float_body.h"
#include "attention_body.h"

const float_kernels float_avx512 = FLOAT_KERNELS;
