/* SPDX-License-Identifier: MIT */
/* The words of C. */
#include "rule/emit_loops.h"

static const char file[] =
    " *\n"
    " * A state belongs to one group of n parameters, such as a tensor or a whole model: "
    "reductions\n"
    " * such as norm(g) and per-group constants are its own. It has no pointers, and may be "
    "copied\n"
    " * and stored as bytes.\n"
    " *\n"
    " *     size_t %1$s_state_size(size_t n)\n"
    " *         bytes of a state; align them as malloc() does\n"
    " *     void %1$s_init(void *state, size_t n, size_t group)\n"
    " *         before the first step; the group, from 0, chooses among per-group constants\n"
    " *     void %1$s_step(void *state, size_t n, REAL *x, const REAL *g, double lr, double wd)\n"
    " *         changes the parameters x by one step, given their gradient g; lr and wd are step\n"
    " *         size and weight decay, negative for those of the rule; what the rule does not "
    "read\n"
    " *         is ignored\n"
    " *\n"
    " * Gradients are not checked: a NaN stays in the state. Arrays must not overlap. States may "
    "be\n"
    " * stepped on any threads at the same time. -O3 -fno-math-errno makes vector code; with\n"
    " * -ffp-contract=off arithmetic has the bits that it has in the library.\n"
    " */\n"
    "#include <math.h>\n"
    "#include <stddef.h>\n"
    "#include <stdint.h>\n"
    "\n"
    "#ifdef __cplusplus\n"
    "#define %1$s_restrict __restrict\n"
    "#else\n"
    "#define %1$s_restrict restrict\n"
    "#endif\n"
    "\n"
    "size_t %1$s_state_size(size_t n);\n"
    "void %1$s_init(void *state, size_t n, size_t group);\n"
    "void %1$s_step(void *state, size_t n, REAL *x, const REAL *g, double lr, double wd);\n"
    "\n";

/* Sixteen sums at a time, as a sum of f64 in order would wait for each addition. */
static const char sum[] = "static double %1$s_add(const double *lanes) {\n"
                          "    double sum = 0;\n"
                          "    for (size_t k = 0; k < 16; k++)\n"
                          "        sum += lanes[k];\n"
                          "    return sum;\n"
                          "}\n"
                          "\n";

static const char setup[] = "size_t %1$s_state_size(size_t n) {\n"
                            "    return %2$s + (n + 15) / 16 * 16 * %3$s * sizeof(REAL);\n"
                            "}\n"
                            "\n"
                            "void %1$s_init(void *state, size_t n, size_t group) {\n"
                            "    unsigned char *bytes = (unsigned char *)state;\n"
                            "    for (size_t i = 0; i < %1$s_state_size(n); i++)\n"
                            "        bytes[i] = 0;\n"
                            "    ((uint64_t *)state)[1] = group;\n"
                            "}\n"
                            "\n";

static const l2osr__dialect words = {
    .file = file,
    .sum = sum,
    .pass = "static void %1$s_%2$s(",
    .restricts = "%1$s_restrict %2$s",
    .loop = {"    for (size_t i = 0; i < n; i++) {\n",
             "    for (size_t start = 0; start < n; start += 16) {\n"
             "        const size_t width = n - start < 16 ? n - start : 16;\n"
             "        for (size_t k = 0; k < width; k++) {\n"
             "            const size_t i = start + k;\n"},
    .margin = {"        ", "            "},
    .end = {"    }\n", "        }\n    }\n"},
    .sum_begin = "    double sum%2$s[16] = {0};\n",
    .sum_add = "            sum%2$s[k] += %3$s;\n",
    .sum_end = "    sums[%2$s] = %1$s_add(sum%2$s);\n",
    .call = {"    %1$s_%2$s(", ""},
    .sums = "sums",
    .setup = setup,
    .step =
        "void %1$s_step(void *state, size_t n, REAL *x, const REAL *g, double lr, double wd) {\n"
        "    uint64_t *const head = (uint64_t *)state;\n",
    .group = "    const uint64_t group = head[1];\n",
    .cells = "    double *const cells = (double *)state + 2;\n",
    .planes = "    REAL *const planes = (REAL *)(void *)((char *)state + %2$s);\n"
              "    const size_t stride = (n + 15) / 16 * 16;\n",
    .count = "    const uint64_t step = ++head[0];\n",
    .step_end = "}\n",
};

l2osr_status l2osr__emit_c(const l2osr__emitter *e) {
    return l2osr__loops_write(e, &words);
}
