// AVX2: sixteen rows are two registers. vpmaddubsw adds two products of bytes into int16, so the weights below 64
// have their int16 sums added up as long as nothing can overflow, and Q8_0 moves its sign to the input.

#include <immintrin.h>

#include "matrix.h"

#define FN(name) name##_avx2
#define TARGET __attribute__((target("avx2,fma,f16c")))
#define INLINE static inline __attribute__((always_inline)) TARGET
// Before each loop of a constant count: its arrays are registers only when it is unrolled.
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
#define TOKENS_MAX 4
#define ROWS_MAX 1 // of floating-point weights at once
#define SPAN_5 4 // 4 · 2 · 31 · 127 < 2^15
#define SPAN_6 2 // 2 · 2 · 63 · 127 < 2^15
// Sixteen registers do not hold what compilers would compute ahead: to gets its value now, and stays in registers.
#define KEEP(to, value)                                        \
	{                                                          \
		to = (value);                                          \
		__asm__("" : "+x"((to).v[0]), "+x"((to).v[1]));        \
	}
#define AHEAD 832

typedef struct {
	__m256 v[2];
} F;
typedef struct {
	__m256i v[2];
} I;

// i is 0 and 1.
#define HALVES_OF(type, expression)                           \
	type out;                                                 \
	UNROLL for (int i = 0; i < 2; i++) out.v[i] = (expression); \
	return out

INLINE __m256 from_half(const uint16_t *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)); }
INLINE __m256 from_bfloat(const uint16_t *p) {
	return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)p)), 16));
}

INLINE F FN(f_zero)(void) { HALVES_OF(F, _mm256_setzero_ps()); }
INLINE F FN(f_load)(const float *p) { HALVES_OF(F, _mm256_loadu_ps(p + 8 * i)); }
INLINE F FN(f_load_half)(const uint16_t *p) { HALVES_OF(F, from_half(p + 8 * i)); }
INLINE F FN(f_load_bfloat)(const uint16_t *p) { HALVES_OF(F, from_bfloat(p + 8 * i)); }
INLINE F FN(f_half)(const uint8_t *p) { HALVES_OF(F, from_half((const uint16_t *)p + 8 * i)); }
INLINE F FN(f_int)(I a) { HALVES_OF(F, _mm256_cvtepi32_ps(a.v[i])); }
INLINE F FN(f_times)(F a, float b) { HALVES_OF(F, _mm256_mul_ps(a.v[i], _mm256_set1_ps(b))); }
INLINE F FN(f_fma)(F a, F b, F c) { HALVES_OF(F, _mm256_fmadd_ps(a.v[i], b.v[i], c.v[i])); }
INLINE void FN(f_put)(float *p, F a) {
	_mm256_storeu_ps(p, a.v[0]);
	_mm256_storeu_ps(p + 8, a.v[1]);
}

INLINE __m256i every(const uint32_t *p) { return _mm256_set1_epi32((int)*p); }

INLINE I FN(zero)(void) { HALVES_OF(I, _mm256_setzero_si256()); }
INLINE I FN(broadcast)(const uint32_t *p) { HALVES_OF(I, every(p)); }
INLINE I FN(load)(const uint8_t *p) { HALVES_OF(I, _mm256_loadu_si256((const __m256i *)(p + 32 * i))); }
INLINE I FN(and)(I a, uint32_t mask) { HALVES_OF(I, _mm256_and_si256(a.v[i], _mm256_set1_epi32((int)mask))); }
INLINE I FN(or)(I a, I b) { HALVES_OF(I, _mm256_or_si256(a.v[i], b.v[i])); }
INLINE I FN(left)(I a, int bits) { HALVES_OF(I, _mm256_slli_epi32(a.v[i], bits)); }
INLINE I FN(right)(I a, int bits) { HALVES_OF(I, _mm256_srli_epi32(a.v[i], bits)); }
INLINE I FN(signed_byte)(I a, int k) {
	HALVES_OF(I, _mm256_srai_epi32(_mm256_slli_epi32(a.v[i], 24 - 8 * k), 24));
}
INLINE I FN(add)(I a, I b) { HALVES_OF(I, _mm256_add_epi32(a.v[i], b.v[i])); }
INLINE I FN(times)(I a, I b) { HALVES_OF(I, _mm256_mullo_epi32(a.v[i], b.v[i])); }

INLINE I FN(start)(const uint32_t *offset) {
	(void)offset;
	return FN(zero)();
}
INLINE I FN(dot)(I sum, I w, const uint32_t *x) {
	HALVES_OF(I, _mm256_add_epi16(sum.v[i], _mm256_maddubs_epi16(w.v[i], every(x))));
}
INLINE I FN(finish)(I sum, const uint32_t *offset) {
	HALVES_OF(I, _mm256_add_epi32(_mm256_madd_epi16(sum.v[i], _mm256_set1_epi16(1)), every(offset)));
}

INLINE I FN(start_8)(const uint32_t *offset) { return FN(start)(offset); }
INLINE I FN(load_8)(const uint8_t *p) {
	HALVES_OF(I, _mm256_xor_si256(FN(load)(p).v[i], _mm256_set1_epi8((char)0x80)));
}
INLINE __m256i dot_signed(__m256i w, __m256i x) {
	__m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w)); // 2 · 128 · 127 < 2^15
	return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}
INLINE I FN(dot_8)(I sum, I w, const uint32_t *x) {
	HALVES_OF(I, _mm256_add_epi32(sum.v[i], dot_signed(w.v[i], every(x))));
}

INLINE I FN(dot_16)(I sum, I a, const uint32_t *x) {
	HALVES_OF(I, _mm256_add_epi32(sum.v[i], _mm256_madd_epi16(a.v[i], every(x))));
}

#include "matrix_body.h"

const matrix_kernels matrix_avx2 = MATRIX_KERNELS;
