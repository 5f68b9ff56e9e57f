// NEON: a line is four registers.

#include <arm_neon.h>

#include "read.h"

#define FN(name) name##_neon
#define TARGET
#define INLINE static inline __attribute__((always_inline))

typedef struct {
	uint64x2_t a, b, c, d;
} V;

INLINE uint64x2_t FN(load2)(const uint8_t *p) { return vreinterpretq_u64_u8(vld1q_u8(p)); }
INLINE V FN(load)(const uint8_t *p) { return (V){FN(load2)(p), FN(load2)(p + 16), FN(load2)(p + 32), FN(load2)(p + 48)}; }
INLINE V FN(plus)(V x, V y) {
	return (V){vaddq_u64(x.a, y.a), vaddq_u64(x.b, y.b), vaddq_u64(x.c, y.c), vaddq_u64(x.d, y.d)};
}
INLINE uint64_t FN(sum)(V x) { return vaddvq_u64(vaddq_u64(vaddq_u64(x.a, x.b), vaddq_u64(x.c, x.d))); }

#include "read_body.h"
