/* SPDX-License-Identifier: MIT */
/* Compiled once for each instruction set, with L2OSR_LEVEL its name and L2OSR_VECTOR_BYTES its
 * width. */
#include <float.h>
#include <stddef.h>
#include <string.h>

#if L2OSR_VECTOR_BYTES > 16
#include <immintrin.h>
#endif

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
/* A loop of few turns, their number known: its arrays become registers. */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define UNROLL _Pragma("GCC unroll 32")
#else
#define UNROLL
#endif
#define EACH(i, n) INDEPENDENT for (size_t i = 0; i < (n); i++)

/* Elements between the stages of a kernel: few enough for the first cache. */
enum { BLOCK = 256 };

/* Rows of a tile of matrix products, and columns of one of outer products, by the number of
 * registers. */
enum { TALL = L2OSR_VECTOR_BYTES == 64 ? 8 : 4, WIDE = L2OSR_VECTOR_BYTES == 64 ? 6 : 3 };

#if L2OSR_VECTOR_BYTES == 64
#define FUSED _mm512_fmadd_pd
#elif L2OSR_VECTOR_BYTES == 32
#define FUSED _mm256_fmadd_pd
#endif
#define T            double
#define FMA          __builtin_fma
#define F(name)      JOIN(name, f64)
#define SQRT         __builtin_sqrt
#define LEAST_NORMAL DBL_MIN
#define LARGEST      DBL_MAX
#include "vec/kernels.inc"
#undef T
#undef F
#undef SQRT
#undef LEAST_NORMAL
#undef LARGEST
#undef FMA
#undef FUSED

#if L2OSR_VECTOR_BYTES == 64
#define FUSED _mm512_fmadd_ps
#elif L2OSR_VECTOR_BYTES == 32
#define FUSED _mm256_fmadd_ps
#endif
#define T            float
#define FMA          __builtin_fmaf
#define F(name)      JOIN(name, f32)
#define SQRT         __builtin_sqrtf
#define LEAST_NORMAL FLT_MIN
#define LARGEST      FLT_MAX
#define GATE_POWER   gate_power_f32
#include "vec/kernels.inc"
