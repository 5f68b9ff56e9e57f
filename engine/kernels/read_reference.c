// Plain C for every processor: a line is eight words, one after another.

#include <string.h>

#include "read.h"

#define FN(name) name##_reference
#define TARGET
#define INLINE static inline
// Before each loop of a constant count: its arrays are registers only when it is unrolled.
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif

typedef struct {
	uint64_t v[LINE / 8];
} V;

INLINE V FN(load)(const uint8_t *p) {
	V out;
	memcpy(out.v, p, sizeof out.v);
	return out;
}
INLINE V FN(plus)(V a, V b) {
	UNROLL for (int i = 0; i < LINE / 8; i++) {
		a.v[i] += b.v[i];
	}
	return a;
}
INLINE uint64_t FN(sum)(V a) {
	uint64_t sum = 0;
	UNROLL for (int i = 0; i < LINE / 8; i++) {
		sum += a.v[i];
	}
	return sum;
}

#include "read_body.h"
