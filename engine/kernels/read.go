package kernels

/*
#cgo CFLAGS: -std=c11
#cgo noescape croft_read
#cgo nocallback croft_read
#include "read.h"

static uint64_t croft_read(int set, const uint8_t *p, int64_t n) {
	switch (set) {
#if defined(__x86_64__)
	case 1: return read_avx2(p, n);
	case 2: return read_avx512(p, n);
#elif defined(__aarch64__)
	case 3: return read_neon(p, n);
#endif
	}
	return read_reference(p, n);
}
*/
import "C"

import "unsafe"

// LineBytes is what Read reads at once: a cache line of most processors.
const LineBytes = C.LINE

// Read reads b, a whole number of lines, as fast as this processor can: it returns the sum, modulo 2^64, of the 64-bit
// words of b in the processor's byte order.
func (s Set) Read(b []byte) uint64 {
	must(len(b)%LineBytes == 0)
	return uint64(C.croft_read(C.int(s), (*C.uint8_t)(unsafe.SliceData(b)), C.int64_t(len(b))))
}
