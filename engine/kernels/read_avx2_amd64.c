// AVX2: a line is two registers.

#include <immintrin.h>

#include "read.h"

#define FN(name) name##_avx2
#define TARGET __attribute__((target("avx2")))
#define INLINE static inline __attribute__((always_inline)) TARGET

typedef struct {
	__m256i lo, hi;
} V;

INLINE V FN(load)(const uint8_t *p) {
	return (V){_mm256_loadu_si256((const __m256i *)p), _mm256_loadu_si256((const __m256i *)(p + 32))};
}
INLINE V FN(plus)(V a, V b) { return (V){_mm256_add_epi64(a.lo, b.lo), _mm256_add_epi64(a.hi, b.hi)}; }
INLINE uint64_t FN(sum)(V a) {
	__m256i e = _mm256_add_epi64(a.lo, a.hi);
	__m128i f = _mm_add_epi64(_mm256_castsi256_si128(e), _mm256_extracti128_si256(e, 1));
	return (uint64_t)_mm_cvtsi128_si64(f) + (uint64_t)_mm_extract_epi64(f, 1);
}

#include "read_body.h"
