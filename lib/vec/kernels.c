/* SPDX-License-Identifier: MIT */
/* Compiled once for each instruction set, with L2OSR_LEVEL its name and L2OSR_VECTOR_BYTES its
 * width. */
#include <float.h>
#include <stddef.h>
#include <string.h>

#include "vec/kernels.h"
#include "vec/levels.h"
#include "vec/math.h"

/* An output may be the same array as an input: every element is read before it is written. */
#ifdef __clang__
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#endif

#define JOIN2(a, b)  a##_##b
#define JOIN(a, b)   JOIN2(a, b)
#define LEVEL(table) JOIN(table, L2OSR_LEVEL)

typedef uint32_t word_f32;
typedef uint64_t word_f64;

#define T       double
#define F(name) JOIN(name, f64)
#define SQRT    __builtin_sqrt
#define LEAST_NORMAL DBL_MIN
#include "vec/kernels.inc"
#undef T
#undef F
#undef SQRT
#undef LEAST_NORMAL

#define T       float
#define F(name) JOIN(name, f32)
#define SQRT    __builtin_sqrtf
#define LEAST_NORMAL FLT_MIN
#include "vec/kernels.inc"
