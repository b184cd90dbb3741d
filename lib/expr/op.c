/* SPDX-License-Identifier: MIT */
#include "expr/op.h"

#include <stdbool.h>
#include <string.h>

#include "vec/kernels.h"

#define INFIX(name, alias, latex, kernel, binding)                                                 \
    { name, alias, latex, 2, L2OSR__BI_##kernel, L2OSR__BIND_##binding }
#define BINARY(name, alias, latex, kernel)                                                         \
    { name, alias, latex, 2, L2OSR__BI_##kernel, L2OSR__BIND_CALL }
#define UNARY(name, latex, kernel)                                                                 \
    { name, NULL, latex, 1, L2OSR__UN_##kernel, L2OSR__BIND_CALL }

const l2osr__op l2osr__ops[L2OSR__OP_COUNT] = {
    [L2OSR__OP_CONST] = {"constant", NULL, NULL, 0, 0, L2OSR__BIND_CALL},
    [L2OSR__OP_VAR] = {"input", NULL, NULL, 0, 0, L2OSR__BIND_CALL},
    [L2OSR__OP_LAG] = {"lag", NULL, NULL, 1, 0, L2OSR__BIND_CALL},
    [L2OSR__OP_EMA] = {"ema", NULL, "\\mathrm{ema}_{%2$s}\\left(%1$s\\right)", 2, 0,
                       L2OSR__BIND_CALL},
    [L2OSR__OP_ADD] = INFIX("+", "plus", "%s + %s", ADD, SUM),
    [L2OSR__OP_SUB] = INFIX("-", "sub", "%s - %s", SUB, SUM),
    [L2OSR__OP_MUL] = INFIX("*", "mult", "%s \\, %s", MUL, PRODUCT),
    [L2OSR__OP_DIV] = INFIX("/", "div", "\\frac{%s}{%s}", DIV, PRODUCT),
    [L2OSR__OP_POWER] = INFIX("^", NULL, "%s^{%s}", POWER, POWER),
    [L2OSR__OP_NEG] = {"-", "neg", "-%s", 1, L2OSR__UN_NEG, L2OSR__BIND_PREFIX},
    [L2OSR__OP_GREATER] = BINARY("greater", NULL, "\\left[%s > %s\\right]", GREATER),
    [L2OSR__OP_POWM] = BINARY("pow", NULL, "\\mathrm{pow}\\left(%s, %s\\right)", POWM),
    [L2OSR__OP_MIN] = BINARY("min", NULL, "\\min\\left(%s, %s\\right)", MIN),
    [L2OSR__OP_MAX] = BINARY("max", NULL, "\\max\\left(%s, %s\\right)", MAX),
    [L2OSR__OP_RELU] = UNARY("relu", "\\mathrm{relu}\\left(%s\\right)", RELU),
    [L2OSR__OP_EXP] = UNARY("exp", "\\exp\\left(%s\\right)", EXP),
    [L2OSR__OP_TANH] = UNARY("tanh", "\\tanh\\left(%s\\right)", TANH),
    [L2OSR__OP_SINH] = UNARY("sinh", "\\sinh\\left(%s\\right)", SINH),
    [L2OSR__OP_ASINH] = UNARY("asinh", "\\operatorname{asinh}\\left(%s\\right)", ASINH),
    [L2OSR__OP_ERFC] = UNARY("erfc", "\\operatorname{erfc}\\left(%s\\right)", ERFC),
    [L2OSR__OP_SQUARE] = UNARY("square", "\\left(%s\\right)^{2}", SQUARE),
    [L2OSR__OP_CUBE] = UNARY("cube", "\\left(%s\\right)^{3}", CUBE),
    [L2OSR__OP_ABS] = UNARY("abs", "\\left|%s\\right|", ABS),
    [L2OSR__OP_SIGN] = UNARY("sign", "\\operatorname{sign}\\left(%s\\right)", SIGN),
    [L2OSR__OP_LOG] = UNARY("log", "\\log\\left(%s\\right)", LOG),
    [L2OSR__OP_LOGM] = UNARY("logm", "\\log\\left|%s\\right|", LOGM),
    [L2OSR__OP_SQRT] = UNARY("sqrt", "\\sqrt{%s}", SQRT),
    [L2OSR__OP_SQRTM] = UNARY("sqrtm", "\\sqrt{\\left|%s\\right|}", SQRTM),
    [L2OSR__OP_SIGMOID] = UNARY("sigmoid", "\\sigma\\left(%s\\right)", SIGMOID),
    [L2OSR__OP_ELU] = UNARY("elu", "\\operatorname{elu}\\left(%s\\right)", ELU),
};

static bool same(const char *known, const char *name, size_t length) {
    return known && strlen(known) == length && memcmp(known, name, length) == 0;
}

l2osr__opcode l2osr__op_find(const char *name, size_t length) {
    for (int op = L2OSR__OP_EMA; op < L2OSR__OP_COUNT; op++)
        if (same(l2osr__ops[op].name, name, length) || same(l2osr__ops[op].alias, name, length))
            return (l2osr__opcode)op;
    return L2OSR__OP_COUNT;
}
