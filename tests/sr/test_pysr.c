/* SPDX-License-Identifier: MIT */
/* Fronts that PySR found, from the data beside the project: our parser and evaluator must give
 * their errors. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/number.h"
#include "expr/code.h"
#include "tests.h"

enum { COLUMNS = 8 };

/* The rows that a front was fitted on, by columns. */
struct rows {
    size_t n, columns;
    float *value; /* [columns + 1][n]; the target is last */
};

static void load_rows(l2osr_context *ctx, const char *path, size_t n, struct rows *rows) {
    l2osr_array *array;
    ck_ok(l2osr_array_load(&array, ctx, path), ctx);
    rows->n = n;
    rows->columns = l2osr_array_extent(array, 1) - 1;
    rows->value = malloc((rows->columns + 1) * n * sizeof(float));
    for (size_t c = 0; c <= rows->columns; c++)
        for (size_t i = 0; i < n; i++)
            rows->value[c * n + i] = (float)l2osr_array_get(array, i * (rows->columns + 1) + c);
    l2osr_array_free(array);
}

/* Nodes of an expression when none is shared. */
static int size_of(const l2osr__expr *expr, int32_t i) {
    const l2osr__node *node = &expr->nodes[i];
    const int arity = l2osr__ops[node->op].arity;
    return 1 + (arity >= 1 ? size_of(expr, node->a) : 0) +
           (arity == 2 ? size_of(expr, node->b) : 0);
}

/* Mean squared error of an expression, all values in single precision. */
static double error_of(l2osr_context *ctx, const l2osr__expr *expr, const struct rows *rows) {
    l2osr__routine routine;
    double *scalars = calloc((size_t)expr->count, sizeof *scalars), sum = 0;
    float **value = calloc((size_t)expr->count, sizeof *value);
    float *storage = malloc((size_t)expr->count * rows->n * sizeof *storage);
    const l2osr__program_source source = {.nodes = expr->nodes,
                                          .count = expr->count,
                                          .roots = &expr->root,
                                          .n_roots = 1,
                                          .update = -1};
    ck_ok(l2osr__routine_init(&routine, ctx, &source), ctx);
    l2osr__program_scalars(&routine.program, &(l2osr__moment){.step = 1}, 0, scalars);
    for (int32_t i = 0; i < expr->count; i++) {
        value[i] = storage + (size_t)i * rows->n;
        if (routine.program.slots[i].class == L2OSR__CLASS_INPUT)
            value[i] = rows->value + (size_t)expr->nodes[i].a * rows->n;
    }
    l2osr__code_run_f32(&routine.code, l2osr__kernels_f32_of(ctx), rows->n, scalars, value, value);
    for (size_t k = 0; k < rows->n; k++) {
        double r = (double)rows->value[rows->columns * rows->n + k] - value[expr->root][k];
        sum += r * r;
    }
    l2osr__routine_clear(&routine, ctx);
    free(scalars);
    free(storage);
    free(value);
    return sum / (double)rows->n;
}

/* One line: complexity|error|equation. */
static void check_line(l2osr_context *ctx, char *line, const l2osr__symbols *symbols,
                       const struct rows *rows) {
    char *error = strchr(line, '|') + 1, *equation = strchr(error, '|') + 1;
    const char *end;
    const double expected = l2osr__parse_double(error, &end);
    l2osr__expr expr;
    ck_ok(l2osr__parse_expression(&expr, ctx, (l2osr__source){"PySR", equation}, symbols), ctx);
    ck_assert_int_eq(size_of(&expr, expr.root), atoi(line));
    double mse = error_of(ctx, &expr, rows);
    /* nested sinh() turns the last bits of single precision into the fifth digit */
    ck_assert_msg(fabs(mse - expected) <= 3e-5 * expected, "%s: %.9g instead of %.9g", line, mse,
                  expected);
    l2osr__expr_clear(&expr);
}

static void check_front(const char *name, size_t n, const char *const *names) {
    const l2osr__symbols symbols = {.names = names, .count = COLUMNS};
    char path[512], *content;
    size_t size, lines = 0;
    struct rows rows;
    if (!test_shared())
        return;
    l2osr_context *ctx = test_context();
    snprintf(path, sizeof path, "%s/sr/%s.npy", test_shared(), name);
    load_rows(ctx, path, n, &rows);
    snprintf(path, sizeof path, "%s/sr/%s.pysr.csv", test_shared(), name);
    ck_ok(l2osr__file_read(ctx, path, &content, &size), ctx);
    char *line = strchr(content, '\n');
    for (; line && line[1]; lines++) {
        char *next = strchr(line + 1, '\n');
        if (next)
            *next = '\0';
        check_line(ctx, line + 1, &symbols, &rows);
        line = next;
    }
    ck_assert_uint_ge(lines, 3);
    l2osr__free(ctx, content);
    free(rows.value);
    l2osr_context_free(ctx);
}

START_TEST(front_dm_g04_a) {
    const char *const names[] = {"g0", "g1", "g2", "g3", "g4", "t", "avg1", "avg2"};
    check_front("dm_g04_a", 1860, names);
}
END_TEST

START_TEST(front_dm_sr3) {
    const char *const names[] = {"g0", "g1", "g2", "g3", "g4", "mean_g", "mean_g2", "t"};
    check_front("dm_sr3", 5661, names);
}
END_TEST

Suite *suite_pysr(void) {
    Suite *suite = suite_create("pysr");
    TCase *tests = tcase_create("fronts");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, front_dm_g04_a);
    tcase_add_test(tests, front_dm_sr3);
    suite_add_tcase(suite, tests);
    return suite;
}
