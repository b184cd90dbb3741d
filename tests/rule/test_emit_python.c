/* SPDX-License-Identifier: MIT */
/* Emitted PyTorch steps as the stepper does, emitted SymPy agrees with its first step. Without
 * these packages nothing is tested. */
#include "emit_cases.h"

#include <stdio.h>
#include <stdlib.h>

enum { NAME = 32, PATH = 256 };

static FILE *create_file(const char *name) {
    char path[PATH];
    test_tmp_path(path, sizeof path, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    return file;
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
    const char *python = test_python_with("torch");
    double x[N], g[N];
    if (!python)
        return;
    l2osr_context *ctx = test_context();
    FILE *file = create_file("numbers");
    fill_start(x, N);
    write_row(file, x, N);
    for (int step = 1; step <= STEPS; step++) {
        fill_gradient(g, N, (uint64_t)step);
        write_row(file, g, N);
    }
    for (size_t i = 0; i < emit_cases(); i++) {
        l2osr_rule *rule = read_case(ctx, i);
        l2osr_stepper *stepper = make_groups(ctx, rule, L2OSR_F64);
        emit_module(ctx, rule, L2OSR_LANGUAGE_TORCH, i);
        fill_start(x, N);
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
    test_run_python(python, torch_program);
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
    "        u = sympify(update).subs({m.x: x, m.g: g, m.t: 1, m.lr: 0.25, m.wd: 0.5, m.group: "
    "group})\n"
    "        assert abs(x + float(u) - wanted) <= 1e-10*(1 + abs(wanted)), (number, group, u, "
    "wanted)\n";

START_TEST(sympy_agrees_at_the_first_step) {
    enum { GROUPS = 3 };
    const size_t ones[GROUPS] = {1, 1, 1};
    const char *python = test_python_with("sympy");
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
    fill_start(x, GROUPS);
    fill_gradient(g, GROUPS, 1);
    write_row(file, x, GROUPS);
    write_row(file, g, GROUPS);
    for (size_t i = 0; i < emit_cases(); i++) {
        l2osr_rule *rule = read_case(ctx, i);
        l2osr_stepper *stepper;
        emit_module(ctx, rule, L2OSR_LANGUAGE_SYMPY, i);
        ck_ok(l2osr_stepper_create(&stepper, ctx, rule, GROUPS, ones, &o), ctx);
        fill_start(x, GROUPS);
        ck_ok(l2osr_stepper_step_f64(stepper, x, g, &args), ctx);
        write_row(file, x, GROUPS);
        l2osr_stepper_free(stepper);
        l2osr_rule_free(rule);
    }
    fclose(file);
    test_run_python(python, sympy_program);
    l2osr_context_free(ctx);
}
END_TEST

TCase *emit_python_tests(void) {
    TCase *tests = tcase_create("emit python");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, torch_steps_as_the_stepper_does);
    tcase_add_test(tests, sympy_agrees_at_the_first_step);
    return tests;
}
