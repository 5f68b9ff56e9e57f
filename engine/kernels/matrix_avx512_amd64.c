// AVX-512 VNNI: sixteen rows are one register, and vpdpbusd takes four values of each at once.

#include <immintrin.h>

#include "matrix.h"

#define FN(name) name##_avx512
#define TARGET __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512vnni")))
#define INLINE static inline __attribute__((always_inline)) TARGET
// Before each loop of a constant count: its arrays are registers only when it is unrolled.
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
#define TOKENS_MAX 12
#define ROWS_MAX 4 // of floating-point weights at once
#define SPAN_5 8
#define SPAN_6 4

typedef __m512 F;
typedef __m512i I;

INLINE F FN(f_zero)(void) { return _mm512_setzero_ps(); }
INLINE F FN(f_load)(const float *p) { return _mm512_loadu_ps(p); }
INLINE F FN(f_load_half)(const uint16_t *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p)); }
INLINE F FN(f_load_bfloat)(const uint16_t *p) {
	return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p)), 16));
}
INLINE F FN(f_half)(const uint8_t *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p)); }
INLINE F FN(f_int)(I a) { return _mm512_cvtepi32_ps(a); }
INLINE F FN(f_times)(F a, float b) { return _mm512_mul_ps(a, _mm512_set1_ps(b)); }
INLINE F FN(f_fma)(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
INLINE void FN(f_put)(float *p, F a) { _mm512_storeu_ps(p, a); }

INLINE I FN(zero)(void) { return _mm512_setzero_si512(); }
INLINE I FN(broadcast)(const uint32_t *p) { return _mm512_set1_epi32((int)*p); }
INLINE I FN(load)(const uint8_t *p) { return _mm512_loadu_si512(p); }
INLINE I FN(and)(I a, uint32_t mask) { return _mm512_and_si512(a, _mm512_set1_epi32((int)mask)); }
INLINE I FN(or)(I a, I b) { return _mm512_or_si512(a, b); }
INLINE I FN(left)(I a, int bits) { return _mm512_slli_epi32(a, (unsigned)bits); }
INLINE I FN(right)(I a, int bits) { return _mm512_srli_epi32(a, (unsigned)bits); }
INLINE I FN(signed_byte)(I a, int k) { return _mm512_srai_epi32(_mm512_slli_epi32(a, (unsigned)(24 - 8 * k)), 24); }
INLINE I FN(add)(I a, I b) { return _mm512_add_epi32(a, b); }
INLINE I FN(times)(I a, I b) { return _mm512_mullo_epi32(a, b); }

INLINE I FN(start)(const uint32_t *offset) { return FN(broadcast)(offset); }
// As assembly, because GCC 12 spends an instruction and a register on the broadcast that vpdpbusd does by itself.
INLINE I FN(dot)(I sum, I w, const uint32_t *x) {
	__asm__("vpdpbusd %2%{1to16%}, %1, %0" : "+v"(sum) : "v"(w), "m"(*x));
	return sum;
}
INLINE I FN(finish)(I sum, const uint32_t *offset) {
	(void)offset;
	return sum;
}
INLINE I FN(start_8)(const uint32_t *offset) { return FN(broadcast)(offset); }
INLINE I FN(load_8)(const uint8_t *p) { return FN(load)(p); }
INLINE I FN(dot_8)(I sum, I w, const uint32_t *x) { return FN(dot)(sum, w, x); }

INLINE I FN(dot_16)(I sum, I a, const uint32_t *x) { return _mm512_dpwssd_epi32(sum, a, FN(broadcast)(x)); }

#include "matrix_body.h"

const matrix_kernels matrix_avx512 = MATRIX_KERNELS;
