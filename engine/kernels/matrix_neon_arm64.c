// NEON with the dot product instructions of ARMv8.2: sixteen rows are four registers.

#define FN(name) name##_dotprod
#if defined(__ARM_FEATURE_DOTPROD)
#define TARGET
#elif defined(__clang__)
#define TARGET __attribute__((target("dotprod")))
#else
#define TARGET __attribute__((target("arch=armv8.2-a+dotprod")))
#endif
#define HAVE_DOTPROD 1

#include "matrix_neon.h"

const matrix_kernels matrix_dotprod = MATRIX_KERNELS;
