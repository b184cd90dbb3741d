/* SPDX-License-Identifier: MIT */
/* Emitted C steps as the stepper does; other texts, and the calls. */
#include "emit_cases.h"

#include <dlfcn.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 32, PATH = 256 };

/* ---- C ---- */

/* What libm rounds its own way. */
static bool uses_libm(const char *text) {
    static const char *const words[] = {"pow", "exp", "tanh", "sinh", "erfc",
                                        "log", "sin", "cos",  "atan"};
    const char *code = strstr(text, "<stdint.h>");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strstr(code, words[i]))
            return true;
    return false;
}

static void emit_c(l2osr_context *ctx, size_t index, l2osr_dtype precision, const char *name) {
    char file[NAME + 2], path[PATH];
    l2osr_emit_options o = L2OSR_EMIT_OPTIONS_INIT;
    l2osr_rule *rule = read_case(ctx, index);
    o.name = name;
    o.precision = precision;
    snprintf(file, sizeof file, "%s.c", name);
    test_tmp_path(path, sizeof path, file);
    ck_ok(l2osr_rule_emit_save(rule, L2OSR_LANGUAGE_C, &o, path), ctx);
    l2osr_rule_free(rule);
}

/* All of them at once: starting a compiler takes longer than what it does here. */
static void *compile_all(void) {
    char library[PATH], folder[PATH], command[3 * PATH];
    test_tmp_path(library, sizeof library, "all.so");
    test_tmp_path(folder, sizeof folder, "");
    snprintf(command, sizeof command,
             "cd '%s' && %s -O2 -std=c99 -Wall -Wextra -Werror -pedantic -ffp-contract=off -shared "
             "-fPIC -o all.so *.c -lm",
             folder, L2OSR_TEST_CC);
    ck_assert_msg(system(command) == 0, "%s", command);
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(handle != NULL, "%s", library);
    return handle;
}

typedef struct emitted {
    size_t (*state_size)(size_t n);
    void (*init)(void *state, size_t n, size_t group);
    void (*step_f32)(void *state, size_t n, float *x, const float *g, double lr, double wd);
    void (*step_f64)(void *state, size_t n, double *x, const double *g, double lr, double wd);
    void *state[2];
} emitted;

static void find(void *handle, const char *name, const char *what, void *function) {
    char symbol[2 * NAME];
    snprintf(symbol, sizeof symbol, "%s_%s", name, what);
    void *address = dlsym(handle, symbol);
    ck_assert_msg(address != NULL, "%s", symbol);
    memcpy(function, &address, sizeof address);
}

static emitted find_all(void *handle, const char *name) {
    emitted e;
    find(handle, name, "state_size", &e.state_size);
    find(handle, name, "init", &e.init);
    find(handle, name, "step", &e.step_f32);
    find(handle, name, "step", &e.step_f64);
    for (size_t i = 0; i < 2; i++) {
        e.state[i] = malloc(e.state_size(group_lengths[i]));
        e.init(e.state[i], group_lengths[i], i);
    }
    return e;
}

/* A state is bytes. */
static void move_states(emitted *e) {
    for (size_t i = 0; i < 2; i++) {
        const size_t size = e->state_size(group_lengths[i]);
        void *copy = malloc(size);
        memcpy(copy, e->state[i], size);
        memset(e->state[i], 0xA5, size);
        free(e->state[i]);
        e->state[i] = copy;
    }
}

static void compare(const char *name, int step, size_t i, double is, double wanted,
                    double tolerance) {
    const double allowed = tolerance * (1 + fabs(wanted));
    ck_assert_msg(tolerance > 0 ? fabs(is - wanted) <= allowed : is == wanted,
                  "%s: step %d, parameter %zu: %.17g, not %.17g", name, step, i, is, wanted);
}

static void compare_f64(l2osr_context *ctx, l2osr_rule *rule, emitted *e, const char *name,
                        bool exact) {
    double x[N], wanted[N], g[N];
    l2osr_stepper *stepper = make_groups(ctx, rule, L2OSR_F64);
    fill_start(x, N);
    fill_start(wanted, N);
    for (int step = 1; step <= STEPS; step++) {
        const l2osr_step_args args = args_of(step);
        fill_gradient(g, N, (uint64_t)step);
        ck_ok(l2osr_stepper_step_f64(stepper, wanted, g, &args), ctx);
        e->step_f64(e->state[0], FIRST, x, g, args.lr, args.weight_decay);
        e->step_f64(e->state[1], SECOND, x + FIRST, g + FIRST, args.lr, args.weight_decay);
        if (step == STEPS / 2)
            move_states(e);
        for (size_t i = 0; i < N; i++)
            compare(name, step, i, x[i], wanted[i], exact ? 0 : 1e-12);
    }
    l2osr_stepper_free(stepper);
}

static void compare_f32(l2osr_context *ctx, l2osr_rule *rule, emitted *e, const char *name,
                        bool exact) {
    float x[N], wanted[N], g[N];
    double wide[N];
    l2osr_stepper *stepper = make_groups(ctx, rule, L2OSR_F32);
    fill_start(wide, N);
    for (size_t i = 0; i < N; i++)
        x[i] = wanted[i] = (float)wide[i];
    for (int step = 1; step <= STEPS; step++) {
        const l2osr_step_args args = args_of(step);
        fill_gradient(wide, N, (uint64_t)step);
        for (size_t i = 0; i < N; i++)
            g[i] = (float)wide[i];
        ck_ok(l2osr_stepper_step_f32(stepper, wanted, g, &args), ctx);
        e->step_f32(e->state[0], FIRST, x, g, args.lr, args.weight_decay);
        e->step_f32(e->state[1], SECOND, x + FIRST, g + FIRST, args.lr, args.weight_decay);
        for (size_t i = 0; i < N; i++)
            compare(name, step, i, (double)x[i], (double)wanted[i], exact ? 0 : 1e-5);
    }
    l2osr_stepper_free(stepper);
}

static char *emit(l2osr_context *ctx, const l2osr_rule *rule, l2osr_language language) {
    size_t length;
    ck_ok(l2osr_rule_emit(rule, language, NULL, NULL, 0, &length), ctx);
    char *text = malloc(length + 1);
    ck_ok(l2osr_rule_emit(rule, language, NULL, text, length + 1, NULL), ctx);
    ck_assert_uint_eq(strlen(text), length);
    return text;
}

START_TEST(c_steps_as_the_stepper_does) {
    char name[NAME];
    l2osr_context *ctx = test_context();
    if (system(L2OSR_TEST_CC " --version > /dev/null 2>&1") != 0)
        return;
    for (size_t i = 0; i < emit_cases(); i++) {
        snprintf(name, sizeof name, "case%zu_f32", i);
        emit_c(ctx, i, L2OSR_F32, name);
        snprintf(name, sizeof name, "case%zu_f64", i);
        emit_c(ctx, i, L2OSR_F64, name);
    }
    void *handle = compile_all();
    for (size_t i = 0; i < emit_cases(); i++) {
        l2osr_rule *rule = read_case(ctx, i);
        char *text = emit(ctx, rule, L2OSR_LANGUAGE_C);
        const bool exact = !uses_libm(text) && l2osr_rule_passes(rule) == 0;
        for (int wide = 0; wide < 2; wide++) {
            snprintf(name, sizeof name, "case%zu_%s", i, wide ? "f64" : "f32");
            emitted e = find_all(handle, name);
            (wide ? compare_f64 : compare_f32)(ctx, rule, &e, name, exact);
            free(e.state[0]);
            free(e.state[1]);
        }
        free(text);
        l2osr_rule_free(rule);
    }
    dlclose(handle);
    l2osr_context_free(ctx);
}
END_TEST

/* ---- the rest ---- */

START_TEST(latex_has_a_line_a_let) {
    l2osr_context *ctx = test_context();
    l2osr_rule *rule = read_rule(ctx, "l2osr-rule 1\n"
                                      "let b = {0.9, 1e-08}\n"
                                      "let m_hat = ema(g, b) / (1 - b^t)\n"
                                      "update = -lr * m_hat[2] + update[1]\n");
    char *text = emit(ctx, rule, L2OSR_LANGUAGE_LATEX);
    ck_assert_str_eq(text,
                     "\\begin{aligned}\n"
                     "b &= \\left\\{0.9,\\, 10^{-8}\\right\\} \\\\\n"
                     "m_{\\mathrm{hat}} &= \\frac{\\mathrm{ema}_{b}\\left(g\\right)}{1 - b^{t}}"
                     " \\\\\n"
                     "\\Delta x &= -\\mathrm{lr} \\, m_{\\mathrm{hat},\\,t-2} + "
                     "\\mathrm{update}_{t-1}\n"
                     "\\end{aligned}\n");
    free(text);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(all_languages_have_all_rules) {
    l2osr_context *ctx = test_context();
    for (size_t i = 0; i < emit_cases(); i++) {
        l2osr_rule *rule = read_case(ctx, i);
        for (int language = L2OSR_LANGUAGE_C; language <= L2OSR_LANGUAGE_SYMPY; language++) {
            char *text = emit(ctx, rule, (l2osr_language)language);
            ck_assert_ptr_null(strstr(text, "%s"));
            ck_assert_ptr_null(strchr(text, '@') && language != L2OSR_LANGUAGE_TORCH ? text : NULL);
            free(text);
        }
        l2osr_rule_free(rule);
    }
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(wrong_calls) {
    static const char *const names[] = {"", "1a", "a-b", "a b", "\xc3\xa9"};
    char buffer[64], path[PATH], below[PATH + 8];
    size_t needed = 0;
    l2osr_context *ctx = test_context();
    l2osr_rule *rule = read_case(ctx, 0);
    l2osr_emit_options o = L2OSR_EMIT_OPTIONS_INIT;
    const l2osr_language c = L2OSR_LANGUAGE_C;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        o.name = names[i];
        ck_assert_int_eq(l2osr_rule_emit(rule, c, &o, NULL, 0, &needed), L2OSR_EINVAL);
        ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "is not a C identifier"));
    }
    o.name = "true";
    ck_ok(l2osr_rule_emit(rule, c, &o, NULL, 0, &needed), ctx);
    ck_assert_int_eq(l2osr_rule_emit(rule, L2OSR_LANGUAGE_TORCH, &o, NULL, 0, &needed),
                     L2OSR_EINVAL);
    o.name = "_Name9";
    ck_ok(l2osr_rule_emit(rule, c, &o, NULL, 0, &needed), ctx);
    o.precision = L2OSR_U8;
    ck_assert_int_eq(l2osr_rule_emit(rule, c, &o, NULL, 0, &needed), L2OSR_EINVAL);
    for (int language = -1; language < 9; language += language ? 7 : 1)
        ck_assert_int_eq(l2osr_rule_emit(rule, (l2osr_language)language, NULL, NULL, 0, &needed),
                         L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_rule_emit(rule, c, NULL, NULL, 0, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_rule_emit(NULL, c, NULL, NULL, 0, &needed), L2OSR_EINVAL);
    needed = 0;
    ck_assert_int_eq(l2osr_rule_emit(rule, c, NULL, buffer, sizeof buffer, &needed), L2OSR_ERANGE);
    ck_assert_str_eq(buffer, "");
    ck_assert_uint_gt(needed, sizeof buffer);
    ck_assert_int_eq(l2osr_rule_emit_save(rule, c, NULL, NULL), L2OSR_EINVAL);
    test_tmp_path(path, sizeof path, "a.c");
    ck_ok(l2osr_rule_emit_save(rule, c, NULL, path), ctx);
    snprintf(below, sizeof below, "%s/below", path);
    ck_assert_int_eq(l2osr_rule_emit_save(rule, c, NULL, below), L2OSR_EIO);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

TCase *emit_tests(void) {
    TCase *tests = tcase_create("emit");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, c_steps_as_the_stepper_does);
    tcase_add_test(tests, latex_has_a_line_a_let);
    tcase_add_test(tests, all_languages_have_all_rules);
    tcase_add_test(tests, wrong_calls);
    return tests;
}
