// AVX-512: a line is one register.

#include <immintrin.h>

#include "read.h"

#define FN(name) name##_avx512
#define TARGET __attribute__((target("avx512f")))
#define INLINE static inline __attribute__((always_inline)) TARGET

typedef __m512i V;

INLINE V FN(load)(const uint8_t *p) { return _mm512_loadu_si512(p); }
INLINE V FN(plus)(V a, V b) { return _mm512_add_epi64(a, b); }
INLINE uint64_t FN(sum)(V a) { return (uint64_t)_mm512_reduce_add_epi64(a); }

#include "read_body.h"
