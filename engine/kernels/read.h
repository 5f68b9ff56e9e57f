// Reading and nothing else: what the matrix kernels would get from memory if they had nothing to compute.

#ifndef CROFT_READ_H
#define CROFT_READ_H

#include <stdint.h>

enum {
	LINE = 64, // bytes that are worked on together: a cache line of most processors
};

// The sum, modulo 2^64, of the 64-bit words at p, in the processor's byte order; n is their bytes, a multiple of LINE.
typedef uint64_t read_lines(const uint8_t *p, int64_t n);

extern read_lines read_reference;
#if defined(__x86_64__)
extern read_lines read_avx2, read_avx512;
#elif defined(__aarch64__)
extern read_lines read_neon;
#endif

#endif
