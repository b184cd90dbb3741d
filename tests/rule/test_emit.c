/* SPDX-License-Identifier: MIT */
/* Emitted texts run, and step as the stepper does. */
#include "tests.h"

#include <dlfcn.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 25, FIRST = 101, SECOND = 40, N = FIRST + SECOND, NAME = 32, PATH = 256 };

static const size_t lengths[] = {FIRST, SECOND};

/* Beside the built-in rules. */
static const char *const texts[] = {
    "update = 0.01\n",
    "update = g[2]\n",
    "update = -lr * (g + 0.5 * g[1] - 0.25 * g[3])\n",
    "update = -lr * g + 0.9 * update[1]\n",
    "update = -lr * g + 0.5 * update[1] - 0.25 * update[4] + 0.001 * ema(update[2], 0.5)\n",
    "let m = ema(g, ~0.9)\nupdate = -lr * (m + m[2] - m[1][2]) - lr * wd * x\n",
    "let k = ema(1 / t, 0.5)\nlet d = dsum(lr, 0.9)\nupdate = -(lr + 0.1 * k[2]) * g + d * 0.01 * "
    "x[1]\n",
    "let top = dmax(abs(g), 0.99)\nupdate = -lr * g / (top + 1e-08) * dmax(1 / t, 0.5)\n",
    "update = -lr * g * min(1, 1 / norm(g))\n",
    "let m = ema(g, 0.9)\nlet u = m / (rms(m) + norm(x))\nupdate = -lr * u / (1 + mean(abs(u))) - "
    "lr * m[1]\n",
    "update = -lr * g * ema(norm(g), 0.5) / (1 + norm(lr))\n",
    "let b = {0.9, 0.5}\nupdate = -{0.1, 0.01, 7} * ema(g, b) - lr * x\n",
    "update = -lr * (sign(g) + relu(x) + clip(g, 0.5) + greater(g, x) + abs(g) + sqrtm(x))\n",
    "update = -lr * (min(g, x) * max(g, 0.1) + (g^3 + square(x)) / (g^2 + ~2) + cube(x))\n",
    "let double = tanh(g)\nlet for = exp(-abs(x)) + sinh(double) + asinh(g)\n"
    "let n = erfc(g) + sigmoid(x) + elu(g)\nupdate = -lr * (double + for * n)\n",
    "update = -lr * (log(abs(g) + 1) + logm(x) + pow(g, 0.5) + abs(x)^1.5 + 0.9^t + (t / 2)^g)\n",
    "update = -lr * (log1p(abs(g)) + softsign(x) + atan(g) + sin(10 * g) + cos(x))\n",
    "let lr_0 = sqrt(t)\nlet lr_1 = lr / lr_0\nlet _x = g\nupdate = -lr_1 * _x * cos(0)\n",
};

enum { TEXTS = sizeof texts / sizeof texts[0] };

static size_t presets(void) {
    size_t count = 0;
    while (l2osr_rule_preset_name(count))
        count++;
    return count;
}

static size_t cases(void) {
    return TEXTS + presets();
}

static l2osr_rule *read_case(l2osr_context *ctx, size_t index) {
    char text[1024];
    l2osr_rule *rule;
    if (index >= TEXTS) {
        ck_ok(l2osr_rule_preset(&rule, ctx, l2osr_rule_preset_name(index - TEXTS)), ctx);
        return rule;
    }
    snprintf(text, sizeof text, "l2osr-rule 1\n%s", texts[index]);
    return read_rule(ctx, text);
}

/* Step sizes change, and begin with the rule's. */
static l2osr_step_args args_of(int step) {
    l2osr_step_args args = L2OSR_STEP_ARGS_INIT;
    args.lr = step < 8 ? -1 : 0.1 / step;
    args.weight_decay = step < 12 ? -1 : 0.05;
    return args;
}

/* ---- C ---- */

/* What libm rounds its own way. */
static bool uses_libm(const char *text) {
    static const char *const words[] = {"pow", "exp", "tanh", "sinh", "erfc", "log", "sin", "cos", "atan"};
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
        e.state[i] = malloc(e.state_size(lengths[i]));
        e.init(e.state[i], lengths[i], i);
    }
    return e;
}

/* A state is bytes. */
static void move_states(emitted *e) {
    for (size_t i = 0; i < 2; i++) {
        const size_t size = e->state_size(lengths[i]);
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

static void start(double *x) {
    fill_gradient(x, N, 1000);
}

static l2osr_stepper *make_groups(l2osr_context *ctx, l2osr_rule *rule, l2osr_dtype precision) {
    l2osr_stepper_options o = L2OSR_STEPPER_OPTIONS_INIT;
    l2osr_stepper *stepper;
    o.precision = precision;
    ck_ok(l2osr_stepper_create(&stepper, ctx, rule, 2, lengths, &o), ctx);
    return stepper;
}

static void compare_f64(l2osr_context *ctx, l2osr_rule *rule, emitted *e, const char *name,
                        bool exact) {
    double x[N], wanted[N], g[N];
    l2osr_stepper *stepper = make_groups(ctx, rule, L2OSR_F64);
    start(x);
    start(wanted);
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
    start(wide);
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
    for (size_t i = 0; i < cases(); i++) {
        snprintf(name, sizeof name, "case%zu_f32", i);
        emit_c(ctx, i, L2OSR_F32, name);
        snprintf(name, sizeof name, "case%zu_f64", i);
        emit_c(ctx, i, L2OSR_F64, name);
    }
    void *handle = compile_all();
    for (size_t i = 0; i < cases(); i++) {
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

/* ---- Python ---- */

/* The first Python that has a module; NULL when none has. */
static const char *python_with(const char *module) {
    static const char *const names[] = {"/usr/bin/python3", "python3"};
    char command[PATH];
    for (size_t i = 0; i < 2; i++) {
        snprintf(command, sizeof command, "%s -c 'import %s' > /dev/null 2>&1", names[i], module);
        if (system(command) == 0)
            return names[i];
    }
    return NULL;
}

static FILE *create_file(const char *name) {
    char path[PATH];
    test_tmp_path(path, sizeof path, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    return file;
}

static void run_python(const char *python, const char *program) {
    char folder[PATH], command[3 * PATH];
    FILE *file = create_file("check.py");
    fputs(program, file);
    fclose(file);
    test_tmp_path(folder, sizeof folder, "");
    snprintf(command, sizeof command, "cd '%s' && %s -B check.py", folder, python);
    ck_assert_msg(system(command) == 0, "%s", command);
}

static void emit_module(l2osr_context *ctx, const l2osr_rule *rule, l2osr_language language,
                        size_t index) {
    char file[NAME], path[PATH];
    l2osr_emit_options o = L2OSR_EMIT_OPTIONS_INIT;
    o.name = "case";
    snprintf(file, sizeof file, "case%zu.py", index);
    test_tmp_path(path, sizeof path, file);
    ck_ok(l2osr_rule_emit_save(rule, language, &o, path), ctx);
}

static void write_row(FILE *file, const double *values, size_t n) {
    for (size_t i = 0; i < n; i++)
        fprintf(file, "%.17g ", values[i]);
    fprintf(file, "\n");
}

static const char torch_program[] =
    "import torch\n"
    "rows = [[float(w) for w in line.split()] for line in open('numbers')]\n"
    "start, steps, results = rows[0], rows[1:26], rows[26:]\n"
    "cut = len(start) - 40\n"
    "\n"
    "def tensors(row):\n"
    "    row = torch.tensor(row, dtype=torch.float64)\n"
    "    return [row[:cut].clone(), row[cut:].clone()]\n"
    "\n"
    "for number, result in enumerate(results):\n"
    "    make = __import__('case%d' % number).Case\n"
    "    params = [torch.nn.Parameter(p) for p in tensors(start)]\n"
    "    opt = make(params)\n"
    "    for k, row in enumerate(steps, 1):\n"
    "        if k == 12:\n"
    "            old, opt = opt, make(params)\n"
    "            opt.load_state_dict(old.state_dict())\n"
    "        if k >= 8:\n"
    "            opt.param_groups[0]['lr'] = 0.1 / k\n"
    "        if k >= 12:\n"
    "            opt.param_groups[0]['weight_decay'] = 0.05\n"
    "        for p, g in zip(params, tensors(row)):\n"
    "            p.grad = g\n"
    "        opt.step()\n"
    "    is_ = torch.cat([p.detach() for p in params])\n"
    "    wanted = torch.tensor(result, dtype=torch.float64)\n"
    "    error = ((is_ - wanted).abs() / (1 + wanted.abs())).max().item()\n"
    "    assert error < 1e-10, 'case %d is wrong by %g' % (number, error)\n"
    "    p.grad = torch.sparse_coo_tensor([[0]], [1.0], p.shape, dtype=torch.float64)\n"
    "    try:\n"
    "        opt.step()\n"
    "        raise SystemExit('a sparse gradient is taken')\n"
    "    except RuntimeError as error:\n"
    "        assert 'Case needs dense gradients' in str(error)\n";

START_TEST(torch_steps_as_the_stepper_does) {
    const char *python = python_with("torch");
    double x[N], g[N];
    if (!python)
        return;
    l2osr_context *ctx = test_context();
    FILE *file = create_file("numbers");
    start(x);
    write_row(file, x, N);
    for (int step = 1; step <= STEPS; step++) {
        fill_gradient(g, N, (uint64_t)step);
        write_row(file, g, N);
    }
    for (size_t i = 0; i < cases(); i++) {
        l2osr_rule *rule = read_case(ctx, i);
        l2osr_stepper *stepper = make_groups(ctx, rule, L2OSR_F64);
        emit_module(ctx, rule, L2OSR_LANGUAGE_TORCH, i);
        start(x);
        for (int step = 1; step <= STEPS; step++) {
            const l2osr_step_args args = args_of(step);
            fill_gradient(g, N, (uint64_t)step);
            ck_ok(l2osr_stepper_step_f64(stepper, x, g, &args), ctx);
        }
        write_row(file, x, N);
        l2osr_stepper_free(stepper);
        l2osr_rule_free(rule);
    }
    fclose(file);
    run_python(python, torch_program);
    l2osr_context_free(ctx);
}
END_TEST

/* At the first step of groups of one parameter each, what SymPy leaves open has simple values. */
static const char sympy_program[] =
    "from sympy import Abs, Max, sympify\n"
    "rows = [[float(w) for w in line.split()] for line in open('numbers')]\n"
    "xs, gs, results = rows[0], rows[1], rows[2:]\n"
    "for number, result in enumerate(results):\n"
    "    m = __import__('case%d' % number)\n"
    "    update = sympify(m.update)\n"
    "    known = {m.ema: lambda e, b: (1 - b)*e, m.dsum: lambda e, b: e, m.dmax: lambda e, b: "
    "Max(e, 0),\n"
    "             m.mean: lambda e: e, m.rms: Abs, m.norm: Abs, m.lag: lambda e, k: 0}\n"
    "    for function, value in known.items():\n"
    "        update = update.replace(function, value)\n"
    "    for group, (x, g, wanted) in enumerate(zip(xs, gs, result)):\n"
    "        u = sympify(update).subs({m.x: x, m.g: g, m.t: 1, m.lr: 0.25, m.wd: 0.5, m.group: group})\n"
    "        assert abs(x + float(u) - wanted) <= 1e-10*(1 + abs(wanted)), (number, group, u, "
    "wanted)\n";

START_TEST(sympy_agrees_at_the_first_step) {
    enum { GROUPS = 3 };
    const size_t ones[GROUPS] = {1, 1, 1};
    const char *python = python_with("sympy");
    double x[GROUPS], g[GROUPS];
    if (!python)
        return;
    l2osr_context *ctx = test_context();
    l2osr_stepper_options o = L2OSR_STEPPER_OPTIONS_INIT;
    l2osr_step_args args = L2OSR_STEP_ARGS_INIT;
    FILE *file = create_file("numbers");
    o.precision = L2OSR_F64;
    args.lr = 0.25;
    args.weight_decay = 0.5;
    fill_gradient(x, GROUPS, 1000);
    fill_gradient(g, GROUPS, 1);
    write_row(file, x, GROUPS);
    write_row(file, g, GROUPS);
    for (size_t i = 0; i < cases(); i++) {
        l2osr_rule *rule = read_case(ctx, i);
        l2osr_stepper *stepper;
        emit_module(ctx, rule, L2OSR_LANGUAGE_SYMPY, i);
        ck_ok(l2osr_stepper_create(&stepper, ctx, rule, GROUPS, ones, &o), ctx);
        fill_gradient(x, GROUPS, 1000);
        ck_ok(l2osr_stepper_step_f64(stepper, x, g, &args), ctx);
        write_row(file, x, GROUPS);
        l2osr_stepper_free(stepper);
        l2osr_rule_free(rule);
    }
    fclose(file);
    run_python(python, sympy_program);
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
    for (size_t i = 0; i < cases(); i++) {
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
    tcase_add_test(tests, torch_steps_as_the_stepper_does);
    tcase_add_test(tests, sympy_agrees_at_the_first_step);
    tcase_add_test(tests, latex_has_a_line_a_let);
    tcase_add_test(tests, all_languages_have_all_rules);
    tcase_add_test(tests, wrong_calls);
    return tests;
}
