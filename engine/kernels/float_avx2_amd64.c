// AVX2: sixteen floats are two registers.

#include <immintrin.h>

#include "float.h"

#define FN(name) name##_avx2
#define TARGET __attribute__((target("avx2,fma,f16c")))
#define INLINE static inline __attribute__((always_inline)) TARGET
#define ROWS_MAX 6
#define TILES_OF(rows) ((rows) == 1 ? 4 : (rows) == 2 ? 2 : 1)

typedef struct {
	__m256 lo, hi;
} V;

#define EACH(lo_, hi_) ((V){lo_, hi_})

INLINE V FN(load)(const float *p) { return EACH(_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)); }
INLINE void FN(put)(float *p, V a) {
	_mm256_storeu_ps(p, a.lo);
	_mm256_storeu_ps(p + 8, a.hi);
}
INLINE V FN(all)(float x) { return EACH(_mm256_set1_ps(x), _mm256_set1_ps(x)); }
INLINE V FN(fma)(V a, V b, V c) { return EACH(_mm256_fmadd_ps(a.lo, b.lo, c.lo), _mm256_fmadd_ps(a.hi, b.hi, c.hi)); }
INLINE V FN(plus)(V a, V b) { return EACH(_mm256_add_ps(a.lo, b.lo), _mm256_add_ps(a.hi, b.hi)); }
INLINE V FN(minus)(V a, V b) { return EACH(_mm256_sub_ps(a.lo, b.lo), _mm256_sub_ps(a.hi, b.hi)); }
INLINE V FN(times)(V a, V b) { return EACH(_mm256_mul_ps(a.lo, b.lo), _mm256_mul_ps(a.hi, b.hi)); }
INLINE V FN(over)(V a, V b) { return EACH(_mm256_div_ps(a.lo, b.lo), _mm256_div_ps(a.hi, b.hi)); }
INLINE V FN(greater)(V a, V b) { return EACH(_mm256_max_ps(a.lo, b.lo), _mm256_max_ps(a.hi, b.hi)); }
INLINE V FN(lesser)(V a, V b) { return EACH(_mm256_min_ps(a.lo, b.lo), _mm256_min_ps(a.hi, b.hi)); }

INLINE V FN(zero_below)(V x, float bound, V a) {
	__m256 b = _mm256_set1_ps(bound);
	return EACH(_mm256_and_ps(_mm256_cmp_ps(x.lo, b, _CMP_GE_OQ), a.lo), _mm256_and_ps(_mm256_cmp_ps(x.hi, b, _CMP_GE_OQ), a.hi));
}

INLINE __m256 FN(shift8)(__m256 a) { return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(a), 23)); }
INLINE V FN(shift23)(V a) { return EACH(FN(shift8)(a.lo), FN(shift8)(a.hi)); }

INLINE V FN(load_half)(const uint16_t *p) {
	return EACH(_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)), _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(p + 8))));
}
INLINE void FN(put_half)(uint16_t *p, V a) {
	_mm_storeu_si128((__m128i *)p, _mm256_cvtps_ph(a.lo, _MM_FROUND_TO_NEAREST_INT));
	_mm_storeu_si128((__m128i *)(p + 8), _mm256_cvtps_ph(a.hi, _MM_FROUND_TO_NEAREST_INT));
}

INLINE float FN(sum)(V a) {
	__m256 e = _mm256_add_ps(a.lo, a.hi);
	__m128 f = _mm_add_ps(_mm256_castps256_ps128(e), _mm256_extractf128_ps(e, 1));
	f = _mm_add_ps(f, _mm_movehl_ps(f, f));
	return _mm_cvtss_f32(_mm_add_ss(f, _mm_movehdup_ps(f)));
}
INLINE float FN(peak)(V a) {
	__m256 e = _mm256_max_ps(a.lo, a.hi);
	__m128 f = _mm_max_ps(_mm256_castps256_ps128(e), _mm256_extractf128_ps(e, 1));
	f = _mm_max_ps(f, _mm_movehl_ps(f, f));
	return _mm_cvtss_f32(_mm_max_ss(f, _mm_movehdup_ps(f)));
}

#include "float_body.h"
#include "attention_body.h"

const float_kernels float_avx2 = FLOAT_KERNELS;
