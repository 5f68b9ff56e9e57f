// NEON of every arm64 processor: sixteen rows are four registers.

#define FN(name) name##_neon
#define TARGET
#define HAVE_DOTPROD 0

#include "matrix_neon.h"

const matrix_kernels matrix_neon = MATRIX_KERNELS;
