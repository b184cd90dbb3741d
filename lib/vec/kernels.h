/* SPDX-License-Identifier: MIT */
/**
 * @file kernels.h
 * Vector kernels. One source (kernels.inc) is compiled once for each instruction set and precision;
 * only additions, multiplications, divisions, square roots and bit operations are used, fused ones
 * where every table fuses, and of libm nothing but fma(), so that every table gives the same bits.
 * An output may be the same array as an input.
 */
#ifndef L2OSR_VEC_KERNELS_H
#define L2OSR_VEC_KERNELS_H

#include <stddef.h>

#include "base/context.h"

/** Functions of one argument: X(NAME, name). Protected ones as in the paper's scoring code. */
#define L2OSR__UNARY_LIST(X)                                                                       \
    L2OSR__LOCAL_LIST(X)                                                                           \
    X(SIN, sin)                                                                                    \
    X(COS, cos)

/** Those whose slope is a formula of argument and value. */
#define L2OSR__LOCAL_LIST(X)                                                                       \
    X(NEG, neg)                                                                                    \
    X(RELU, relu)                                                                                  \
    X(EXP, exp)                                                                                    \
    X(TANH, tanh)                                                                                  \
    X(SINH, sinh)                                                                                  \
    X(ASINH, asinh)                                                                                \
    X(ERFC, erfc)                                                                                  \
    X(SQUARE, square)                                                                              \
    X(CUBE, cube)                                                                                  \
    X(ABS, abs)                                                                                    \
    X(SIGN, sign)                                                                                  \
    X(LOG, log)                                                                                    \
    X(LOGM, logm) /* log(|x| + 1e-8) */                                                            \
    X(SQRT, sqrt)                                                                                  \
    X(SQRTM, sqrtm) /* sqrt(|x|) */                                                                \
    X(SIGMOID, sigmoid)                                                                            \
    X(ELU, elu) /* x for x > 0, else exp(x) - 1 */                                                 \
    X(LOG1P, log1p)                                                                                \
    X(SOFTSIGN, softsign) /* x / (1 + |x|) */                                                      \
    X(ATAN, atan)

/** Functions of two arguments. */
#define L2OSR__BINARY_LIST(X)                                                                      \
    X(ADD, add)                                                                                    \
    X(SUB, sub)                                                                                    \
    X(MUL, mul)                                                                                    \
    X(DIV, div)                                                                                    \
    X(MIN, min) /* NaN if either is, like all but greater */                                       \
    X(MAX, max)                                                                                    \
    X(GREATER, greater) /* 1 where a > b, else 0 */                                                \
    X(POWM, powm)       /* sign(a) |a|^b, the paper's pow */                                       \
    X(POWER, power)     /* a^b: NaN for a < 0 unless b is an integer */                            \
    X(CLIP, clip)       /* a limited to [-|b|, |b|] */

enum {
#define X(NAME, name) L2OSR__UN_##NAME,
    L2OSR__UNARY_LIST(X)
#undef X
        L2OSR__UNARY_COUNT
};
enum {
#define X(NAME, name) L2OSR__BI_##NAME,
    L2OSR__BINARY_LIST(X)
#undef X
        L2OSR__BINARY_COUNT
};

/** Lanes per row of a panel; see panel_* below. */
enum { L2OSR__LANES = 32 };

/**
 * Kernels of one precision. Panels are matrices [rows][L2OSR__LANES]: a column is a coordinate, so
 * that one weight multiplies a whole row. Panels begin at multiples of 64 bytes. The weights are
 * row-major [rows][depth] with row stride `stride`.
 */
#define L2OSR__KERNEL_TABLE(T, SUFFIX)                                                             \
    typedef struct l2osr__kernels_##SUFFIX {                                                       \
        void (*unary[L2OSR__UNARY_COUNT])(size_t n, T *out, const T *a);                           \
        void (*binary[L2OSR__BINARY_COUNT])(size_t n, T *out, const T *a, const T *b);             \
        /* the same with a number in place of the second or the first operand */                   \
        void (*binary_vs[L2OSR__BINARY_COUNT])(size_t n, T *out, const T *a, T b);                 \
        void (*binary_sv[L2OSR__BINARY_COUNT])(size_t n, T *out, T a, const T *b);                 \
        /* da += d df/da; v is the function's value. Where f is finite but its slope is not, it    \
         * counts as 0. */                                                                         \
        void (*unary_adjoint[L2OSR__UNARY_COUNT])(size_t n, T *da, const T *a, const T *v,         \
                                                  const T *d);                                     \
        /* da += d df/da, db += d df/db */                                                         \
        void (*binary_adjoint[L2OSR__BINARY_COUNT])(size_t n, T *da, T *db, const T *a,            \
                                                    const T *b, const T *v, const T *d);           \
        /* the same with a number b or a: adds to da or db unless NULL, and returns the sum, made in\
         * T, of what goes to the number */                                                        \
        T (*binary_adjoint_vs[L2OSR__BINARY_COUNT])(size_t n, T *da, const T *a, T b, const T *v,  \
                                                    const T *d);                                   \
        T (*binary_adjoint_sv[L2OSR__BINARY_COUNT])(size_t n, T *db, T a, const T *b, const T *v,  \
                                                    const T *d);                                   \
        void (*fill)(size_t n, T *out, T value);                                                   \
        /* out = beta s + (1 - beta) a, the same of a^2, and max(beta s, a); `s` may be `out` */   \
        void (*ema)(size_t n, T *out, const T *s, const T *a, T beta);                             \
        void (*ema_square)(size_t n, T *out, const T *s, const T *a, T beta);                      \
        void (*decayed_max)(size_t n, T *out, const T *s, const T *a, T beta);                     \
        /* adds d d out/d a to da and d d out/d s to ds, unless NULL; returns the sum by beta */   \
        T (*ema_adjoint)(size_t n, T *da, T *ds, const T *a, const T *s, T beta, const T *d);      \
        T (*dsum_adjoint)(size_t n, T *da, T *ds, const T *a, const T *s, T beta, const T *d);     \
        T (*decayed_max_adjoint)(size_t n, T *da, T *ds, const T *a, const T *s, T beta,           \
                                 const T *d);                                                      \
        /* Pairs of operations, with the bits of one after the other: a b + c, r a + q, c + r a,   \
         * r (a / b), c + r (a / b), sqrt(r a) + q */                                              \
        void (*muladd)(size_t n, T *out, const T *a, const T *b, const T *c);                      \
        void (*affine)(size_t n, T *out, T r, const T *a, T q);                                    \
        void (*add_scaled)(size_t n, T *out, const T *c, T r, const T *a);                         \
        void (*quotient)(size_t n, T *out, T r, const T *a, const T *b);                           \
        void (*add_quotient)(size_t n, T *out, const T *c, T r, const T *a, const T *b);           \
        void (*root)(size_t n, T *out, T r, const T *a, T q);                                      \
        /* Sums in a fixed order, in f64 */                                                        \
        double (*sum)(size_t n, const T *a);                                                       \
        double (*sum_squares)(size_t n, const T *a);                                               \
        double (*dot)(size_t n, const T *a, const T *b);                                           \
        /* the same in T: for directions, not for errors */                                        \
        T (*rough_dot)(size_t n, const T *a, const T *b);                                          \
        /* An LSTM cell from the sums of its gates i, f, g, o, of n numbers each, one after the    \
           other: activates them, c = f c_before + i g, tc = tanh(c), h = o tc. In f32 tanh is     \
           exact to 4e-7 of 1, not of its value. */                                                \
        void (*lstm_cell)(size_t n, T *gates, const T *c_before, T *c, T *tc, T *h);               \
        /* Replaces the activated gates by the adjoints of their sums, given that of h, which is   \
           dh + above, and in dc the adjoint of c from later; leaves that of c_before */           \
        void (*lstm_adjoint)(size_t n, T *gates, const T *tc, const T *c_before, const T *dh,      \
                             const T *above, T *dc);                                               \
        /* whether no entry is NaN or infinite */                                                  \
        bool (*finite)(size_t n, const T *a);                                                      \
        /* z[rows] = w [x[nx]; h[nh]; 1], w of stride nx + nh + 1; `h` may be NULL if nh is 0 */   \
        void (*panel_affine)(size_t rows, T *z, const T *w, size_t nx, const T *x, size_t nh,      \
                             const T *h);                                                          \
        /* dx[depth] = w' dz[rows] */                                                              \
        void (*panel_adjoint)(size_t rows, size_t depth, T *dx, const T *w, size_t stride,         \
                              const T *dz);                                                        \
        /* z[rows] += w h[depth]; row r and column d of w is at r row_step + d col_step */         \
        void (*panel_add)(size_t rows, size_t depth, T *z, const T *w, size_t row_step,            \
                          size_t col_step, const T *h);                                            \
        /* dw[rows][depth] += sum over steps and lanes of dz[rows] x[depth]'; with `bias` one      \
           column more, that of dz[rows]. dz_step and x_step are the distances from one step to    \
           the next */                                                                             \
        void (*panel_outer)(size_t rows, size_t depth, bool bias, size_t steps, double *dw,        \
                            size_t stride, const T *dz, size_t dz_step, const T *x,                \
                            size_t x_step);                                                        \
    } l2osr__kernels_##SUFFIX

L2OSR__KERNEL_TABLE(float, f32);
L2OSR__KERNEL_TABLE(double, f64);

/** The table for the context's instruction set. */
const l2osr__kernels_f32 *l2osr__kernels_f32_of(const l2osr_context *ctx);
const l2osr__kernels_f64 *l2osr__kernels_f64_of(const l2osr_context *ctx);

#endif
