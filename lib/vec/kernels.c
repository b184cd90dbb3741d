/* SPDX-License-Identifier: MIT */
/* Compiled once for each instruction set, with L2OSR_LEVEL its name and L2OSR_VECTOR_BYTES its
 * width. */
#include <float.h>
#include <stddef.h>
#include <string.h>

#include "vec/kernels.h"
#include "vec/levels.h"
#include "vec/trig.h"

#define JOIN2(a, b)  a##_##b
#define JOIN(a, b)   JOIN2(a, b)
#define LEVEL(table) JOIN(table, L2OSR_LEVEL)

typedef uint32_t word_f32;
typedef uint64_t word_f64;
/* A loop whose iterations do not depend on each other: an output is an input, or apart from it. */
#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety) interleave_count(2)")
#elif defined(__GNUC__)
#define INDEPENDENT _Pragma("GCC ivdep")
#else
#define INDEPENDENT
#endif
#define EACH(i, n) INDEPENDENT for (size_t i = 0; i < (n); i++)

/* Elements between the stages of a kernel: few enough for the first cache. */
enum { BLOCK = 256 };

#define T       double
#define F(name) JOIN(name, f64)
#define SQRT    __builtin_sqrt
#define LEAST_NORMAL DBL_MIN
#define LARGEST DBL_MAX
#include "vec/kernels.inc"
#undef T
#undef F
#undef SQRT
#undef LEAST_NORMAL
#undef LARGEST

#define T       float
#define F(name) JOIN(name, f32)
#define SQRT    __builtin_sqrtf
#define LEAST_NORMAL FLT_MIN
#define LARGEST FLT_MAX
#include "vec/kernels.inc"
