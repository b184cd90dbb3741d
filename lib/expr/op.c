/* SPDX-License-Identifier: MIT */
#include "expr/op.h"

#include <math.h>
#include <string.h>

#include "vec/levels.h"

#define INFIX(name, alias, latex, symbol, kernel, binding, traits)                                 \
    { name, alias, latex, "%s " symbol " %s", "%s " symbol " %s", "(%s) " symbol " (%s)", 2,       \
          L2OSR__KIND_PLAIN, L2OSR__BI_##kernel, L2OSR__BIND_##binding, traits }
#define BINARY(name, latex, kernel, traits, c, torch, sympy)                                       \
    { name, NULL, latex, c, torch, sympy, 2, L2OSR__KIND_PLAIN, L2OSR__BI_##kernel,                \
          L2OSR__BIND_CALL, traits }
#define UNARY(name, latex, kernel, traits, c, torch, sympy)                                        \
    { name, NULL, latex, c, torch, sympy, 1, L2OSR__KIND_PLAIN, L2OSR__UN_##kernel,                \
          L2OSR__BIND_CALL, traits }
#define MEMORY(name, latex, c, torch)                                                              \
    { name, NULL, latex, c, torch, name "(%s, %s)", 2, L2OSR__KIND_MEMORY, 0, L2OSR__BIND_CALL, 0 }
#define REDUCE(name, latex, c, torch)                                                              \
    { name, NULL, latex, c, torch, name "(%s)", 1, L2OSR__KIND_REDUCE, 0, L2OSR__BIND_CALL, 0 }
#define SMALLER "%1$s < fabs@(%2$s) || %1$s != %1$s ? %1$s : fabs@(%2$s)"
#define CALL(arity)                                                                                \
    {                                                                                              \
        "function", NULL, NULL, NULL, NULL, NULL, arity, L2OSR__KIND_PLAIN, 0, L2OSR__BIND_CALL, 0 \
    }
#define LEAF(name)                                                                                 \
    { name, NULL, NULL, NULL, NULL, NULL, 0, L2OSR__KIND_LEAF, 0, L2OSR__BIND_CALL, 0 }

enum {
    NONE = 0,
    SWAP = L2OSR__TRAIT_COMMUTATIVE,
    ODD = L2OSR__TRAIT_ODD,
    EVEN = L2OSR__TRAIT_EVEN,
    TWICE = L2OSR__TRAIT_IDEMPOTENT
};

const l2osr__op l2osr__ops[L2OSR__OP_COUNT] = {
    [L2OSR__OP_CONST] = LEAF("constant"),
    [L2OSR__OP_VAR] = LEAF("input"),
    [L2OSR__OP_LAG] = {"lag", NULL, NULL, NULL, NULL, NULL, 1, L2OSR__KIND_LAG, 0, L2OSR__BIND_CALL,
                       NONE},
    [L2OSR__OP_EMA] = MEMORY("ema", "\\mathrm{ema}_{%2$s}\\left(%1$s\\right)",
                             "%2$s * %3$s + (1 - %2$s) * %1$s", "%2$s * %3$s + (1 - %2$s) * %1$s"),
    [L2OSR__OP_DSUM] = MEMORY("dsum", "\\mathrm{dsum}_{%2$s}\\left(%1$s\\right)",
                              "%2$s * %3$s + %1$s", "%2$s * %3$s + %1$s"),
    [L2OSR__OP_DMAX] =
        MEMORY("dmax", "\\mathrm{dmax}_{%2$s}\\left(%1$s\\right)",
               "%2$s * %3$s > %1$s || %2$s * %3$s != %2$s * %3$s ? %2$s * %3$s : %1$s",
               "torch.maximum(%2$s * %3$s, %1$s)"),
    [L2OSR__OP_MEAN] = REDUCE("mean", "\\overline{%s}", "%s / %s", "%s.double().mean()"),
    [L2OSR__OP_RMS] = REDUCE("rms", "\\operatorname{rms}\\left(%s\\right)", "sqrt(%s / %s)",
                             "%s.double().square().mean().sqrt()"),
    [L2OSR__OP_NORM] = REDUCE("norm", "\\left\\Vert %s\\right\\Vert", "sqrt(%s)",
                              "%s.double().square().sum().sqrt()"),
    [L2OSR__OP_ADD] = INFIX("+", "plus", "%s + %s", "+", ADD, SUM, SWAP),
    [L2OSR__OP_SUB] = INFIX("-", "sub", "%s - %s", "-", SUB, SUM, NONE),
    [L2OSR__OP_MUL] = INFIX("*", "mult", "%s \\, %s", "*", MUL, PRODUCT, SWAP),
    [L2OSR__OP_DIV] = INFIX("/", "div", "\\frac{%s}{%s}", "/", DIV, PRODUCT, NONE),
    [L2OSR__OP_POWER] = {"^", NULL, "%s^{%s}", "pow@(%s, %s)", "torch.pow(%s, %s)", "(%s)**(%s)", 2,
                         L2OSR__KIND_PLAIN, L2OSR__BI_POWER, L2OSR__BIND_POWER, NONE},
    [L2OSR__OP_NEG] = {"-", "neg", "-%s", "-%s", "-%s", "-(%s)", 1, L2OSR__KIND_PLAIN,
                       L2OSR__UN_NEG, L2OSR__BIND_PREFIX, ODD},
    [L2OSR__OP_GREATER] =
        BINARY("greater", "\\left[%s > %s\\right]", GREATER, NONE, "%s > %s ? (REAL)1 : (REAL)0",
               "torch.gt(%s, %s).to(dtype)", "Heaviside((%s) - (%s), 0)"),
    [L2OSR__OP_POWM] =
        BINARY("pow", "\\mathrm{pow}\\left(%s, %s\\right)", POWM, NONE,
               "%1$s != %1$s ? %1$s : (REAL)((%1$s > 0) - (%1$s < 0)) * pow@(fabs@(%1$s), %2$s)",
               "torch.sign(%1$s) * torch.pow(torch.abs(%1$s), %2$s)", "powm(%s, %s)"),
    [L2OSR__OP_MIN] =
        BINARY("min", "\\min\\left(%s, %s\\right)", MIN, SWAP,
               "%1$s < %2$s || %1$s != %1$s ? %1$s : %2$s", "torch.minimum(%s, %s)", "Min(%s, %s)"),
    [L2OSR__OP_MAX] =
        BINARY("max", "\\max\\left(%s, %s\\right)", MAX, SWAP,
               "%1$s > %2$s || %1$s != %1$s ? %1$s : %2$s", "torch.maximum(%s, %s)", "Max(%s, %s)"),
    [L2OSR__OP_CLIP] = BINARY(
        "clip", "\\mathrm{clip}_{%2$s}\\left(%1$s\\right)", CLIP, NONE,
        "%2$s != %2$s || -fabs@(%2$s) > (" SMALLER ") ? -fabs@(%2$s) : " SMALLER,
        "torch.maximum(-torch.abs(%2$s), torch.minimum(%1$s, torch.abs(%2$s)))", "clip(%s, %s)"),
    [L2OSR__OP_RELU] =
        UNARY("relu", "\\mathrm{relu}\\left(%s\\right)", RELU, TWICE,
              "%1$s > 0 || %1$s != %1$s ? %1$s : (REAL)0", "torch.relu(%s)", "Max(%s, 0)"),
    [L2OSR__OP_EXP] =
        UNARY("exp", "\\exp\\left(%s\\right)", EXP, NONE, "exp@(%s)", "torch.exp(%s)", "exp(%s)"),
    [L2OSR__OP_TANH] = UNARY("tanh", "\\tanh\\left(%s\\right)", TANH, ODD, "tanh@(%s)",
                             "torch.tanh(%s)", "tanh(%s)"),
    [L2OSR__OP_SINH] = UNARY("sinh", "\\sinh\\left(%s\\right)", SINH, ODD, "sinh@(%s)",
                             "torch.sinh(%s)", "sinh(%s)"),
    [L2OSR__OP_ASINH] = UNARY("asinh", "\\operatorname{asinh}\\left(%s\\right)", ASINH, ODD,
                              "asinh@(%s)", "torch.asinh(%s)", "asinh(%s)"),
    [L2OSR__OP_ERFC] = UNARY("erfc", "\\operatorname{erfc}\\left(%s\\right)", ERFC, NONE,
                             "erfc@(%s)", "torch.erfc(%s)", "erfc(%s)"),
    [L2OSR__OP_SQUARE] = UNARY("square", "\\left(%s\\right)^{2}", SQUARE, EVEN, "%1$s * %1$s",
                               "torch.square(%s)", "(%s)**2"),
    [L2OSR__OP_CUBE] = UNARY("cube", "\\left(%s\\right)^{3}", CUBE, ODD, "%1$s * %1$s * %1$s",
                             "%1$s * %1$s * %1$s", "(%s)**3"),
    [L2OSR__OP_ABS] = UNARY("abs", "\\left|%s\\right|", ABS, EVEN | TWICE, "fabs@(%s)",
                            "torch.abs(%s)", "Abs(%s)"),
    [L2OSR__OP_SIGN] =
        UNARY("sign", "\\operatorname{sign}\\left(%s\\right)", SIGN, ODD | TWICE,
              "%1$s > 0 ? (REAL)1 : %1$s < 0 ? (REAL)-1 : %1$s == 0 ? (REAL)0 : %1$s",
              "torch.where(torch.isnan(%1$s), %1$s, torch.sign(%1$s))", "sign(%s)"),
    [L2OSR__OP_LOG] =
        UNARY("log", "\\log\\left(%s\\right)", LOG, NONE, "log@(%s)", "torch.log(%s)", "log(%s)"),
    [L2OSR__OP_LOGM] =
        UNARY("logm", "\\log\\left|%s\\right|", LOGM, EVEN, "log@(fabs@(%s) + (REAL)1e-8)",
              "torch.log(torch.abs(%s) + 1e-8)", "log(Abs(%s) + 1e-8)"),
    [L2OSR__OP_LOG1P] = UNARY("log1p", "\\log\\left(1 + %s\\right)", LOG1P, NONE, "log1p@(%s)",
                              "torch.log1p(%s)", "log(1 + (%s))"),
    [L2OSR__OP_SQRT] =
        UNARY("sqrt", "\\sqrt{%s}", SQRT, NONE, "sqrt@(%s)", "torch.sqrt(%s)", "sqrt(%s)"),
    [L2OSR__OP_SQRTM] = UNARY("sqrtm", "\\sqrt{\\left|%s\\right|}", SQRTM, EVEN, "sqrt@(fabs@(%s))",
                              "torch.sqrt(torch.abs(%s))", "sqrt(Abs(%s))"),
    [L2OSR__OP_SIGMOID] =
        UNARY("sigmoid", "\\sigma\\left(%s\\right)", SIGMOID, NONE,
              "(REAL)1 / ((REAL)1 + exp@(-%s))", "torch.sigmoid(%s)", "1/(1 + exp(-(%s)))"),
    [L2OSR__OP_ELU] =
        UNARY("elu", "\\operatorname{elu}\\left(%s\\right)", ELU, NONE,
              "%1$s > 0 ? %1$s : expm1@(%1$s)", "torch.nn.functional.elu(%s)", "elu(%s)"),
    [L2OSR__OP_SOFTSIGN] =
        UNARY("softsign", "\\operatorname{softsign}\\left(%s\\right)", SOFTSIGN, ODD,
              "isinf(%1$s) ? copysign@(1, %1$s) : %1$s / (1 + fabs@(%1$s))",
              "torch.where(torch.isinf(%1$s), torch.sign(%1$s), %1$s / (1 + torch.abs(%1$s)))",
              "softsign(%s)"),
    [L2OSR__OP_ATAN] = UNARY("atan", "\\arctan\\left(%s\\right)", ATAN, ODD, "atan@(%s)",
                             "torch.atan(%s)", "atan(%s)"),
    [L2OSR__OP_SIN] =
        UNARY("sin", "\\sin\\left(%s\\right)", SIN, ODD, "sin@(%s)", "torch.sin(%s)", "sin(%s)"),
    [L2OSR__OP_COS] =
        UNARY("cos", "\\cos\\left(%s\\right)", COS, EVEN, "cos@(%s)", "torch.cos(%s)", "cos(%s)"),
    [L2OSR__OP_CALL1] = CALL(1),
    [L2OSR__OP_CALL2] = CALL(2),
};

static bool same(const char *known, const char *name, size_t length) {
    return known && strlen(known) == length && memcmp(known, name, length) == 0;
}

l2osr__opcode l2osr__op_find(const char *name, size_t length) {
    for (int op = L2OSR__OP_EMA; op < L2OSR__OP_CALL1; op++)
        if (same(l2osr__ops[op].name, name, length) || same(l2osr__ops[op].alias, name, length))
            return (l2osr__opcode)op;
    return L2OSR__OP_COUNT;
}

double l2osr__op_compute(l2osr__opcode op, double a, double b) {
    const l2osr__kernels_f64 *kernels = &l2osr__kernels_f64_baseline;
    double value;
    if (l2osr__op_is_call(op))
        return NAN;
    if (l2osr__ops[op].arity == 1)
        kernels->unary[l2osr__ops[op].kernel](1, &value, &a);
    else
        kernels->binary[l2osr__ops[op].kernel](1, &value, &a, &b);
    return value;
}
