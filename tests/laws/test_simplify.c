/* SPDX-License-Identifier: MIT */
/* Rewriting for people: the same values, no more work, the same text for the same thing. */
#include "laws.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "expr/rewrite.h"

static int32_t map[L2OSR__MAX_NODES]; /* of the latest rewriting */

static void rewrite(trial *b, l2osr__expr *out, const l2osr__expr *expr, unsigned flags) {
    must_work(l2osr__rewrite(out, expr, &l2osr__rule_symbols, NULL, flags, map), b->ctx);
}

/* Nodes below the root that compute something. */
static int operations(const l2osr__expr *expr) {
    uint8_t reached[L2OSR__MAX_NODES] = {0};
    int count = 0;
    l2osr__expr_reach(expr, reached);
    for (int32_t i = 0; i < expr->count; i++)
        count += reached[i] && l2osr__ops[expr->nodes[i].op].arity > 0;
    return count;
}

static bool same_constants(const l2osr__expr *a, const l2osr__node *m, const l2osr__expr *b,
                           const l2osr__node *n) {
    for (size_t i = 0; i < (size_t)l2osr__node_values(m); i++) {
        const double x = l2osr__node_value(m, a->values, i), y = l2osr__node_value(n, b->values, i);
        if (memcmp(&x, &y, sizeof x) != 0)
            return false;
    }
    return m->b == n->b && m->tunable == n->tunable;
}

static bool same_nodes(const l2osr__expr *a, const l2osr__expr *b) {
    if (a->count != b->count || a->root != b->root)
        return false;
    for (int32_t i = 0; i < a->count; i++) {
        const l2osr__node *m = &a->nodes[i], *n = &b->nodes[i];
        if (m->op != n->op || m->lag != n->lag)
            return false;
        if (m->op == L2OSR__OP_CONST ? !same_constants(a, m, b, n) : m->a != n->a || m->b != n->b)
            return false;
    }
    return true;
}

/* Shared nodes get names, so that the text holds them once. */
static char *simple_text(l2osr__expr *expr) {
    must_work(l2osr__rewrite_name_shared(expr), expr->ctx);
    return text_of(expr);
}

static void read_text(l2osr__expr *out, l2osr_context *ctx, const char *text) {
    l2osr__rule_header header;
    must(l2osr__parse_rule(out, &header, ctx, (l2osr__source){"printed", text},
                           &l2osr__rule_symbols) == L2OSR_OK,
         "%s\n%s", l2osr_context_errmsg(ctx), text);
}

/* ---- values ---- */

static void check_values(trial *b, const l2osr__expr *expr, const l2osr__expr *simple) {
    size_t place = 0;
    b->tally.rules++;
    walk_all(b->walk, simple, &b->scene);
    for (int step = 0; step < LAW_STEPS; step++) {
        const double *got = walk_values(b->walk, simple->root, step);
        if (!spread_allows(&b->wanted, &b->scene, step, got, &b->tally, &place))
            report_difference(text_of(simple), expr, &b->wanted, step, place, got[place]);
    }
}

START_TEST(values_stay) {
    trial *b = trial_new(920, _i);
    for (int k = law_count(100000); k > 0; k--) {
        l2osr__expr expr, simple;
        random_rule(&expr, b->ctx, &b->rng, 1 + k % 25,
                    (mixture){.reductions = true, .any_decay = k % 2, .tame = true});
        random_scene(&b->scene, &b->rng, false);
        rewrite(b, &simple, &expr, 0);
        spread_of(&b->wanted, b->walk, &expr, &b->scene);
        check_values(b, &expr, &simple);
        l2osr__expr_clear(&simple);
        l2osr__expr_clear(&expr);
    }
    check_tally("simplified", &b->tally, 0.15);
    trial_free(b);
}
END_TEST

/* Only where nothing is NaN or infinite, as it says. */
START_TEST(finite_values_stay) {
    trial *b = trial_new(921, _i);
    int finite = 0;
    const int count = law_count(100000);
    for (int k = count; k > 0; k--) {
        l2osr__expr expr, simple;
        random_rule(&expr, b->ctx, &b->rng, 1 + k % 16,
                    (mixture){.reductions = true, .tame = true});
        random_scene(&b->scene, &b->rng, false);
        rewrite(b, &simple, &expr, L2OSR__REWRITE_FINITE);
        walk_all(b->walk, &expr, &b->scene);
        if (walk_finite(b->walk)) {
            finite++;
            spread_of(&b->wanted, b->walk, &expr, &b->scene);
            check_values(b, &expr, &simple);
        }
        l2osr__expr_clear(&simple);
        l2osr__expr_clear(&expr);
    }
    ck_assert_int_ge(2 * finite, count);
    check_tally("simplified, finite", &b->tally, 0.02);
    trial_free(b);
}
END_TEST

/* ---- form ---- */

static void check_form(trial *b, const l2osr__expr *expr, unsigned flags) {
    l2osr__expr simple, twice, read;
    rewrite(b, &simple, expr, flags);
    must(operations(&simple) <= operations(expr), "more work: %s%s", text_of(expr),
         text_of(&simple));
    rewrite(b, &twice, &simple, flags);
    must(same_nodes(&simple, &twice), "not done at once:\n%s%s%s", text_of(expr), text_of(&simple),
         text_of(&twice));
    char *text = simple_text(&simple);
    read_text(&read, b->ctx, text);
    char *again = text_of(&read);
    must(strcmp(text, again) == 0, "reads back as another:\n%s%s", text, again);
    l2osr__free(b->ctx, again);
    l2osr__free(b->ctx, text);
    l2osr__expr_clear(&read);
    l2osr__expr_clear(&twice);
    l2osr__expr_clear(&simple);
}

START_TEST(simple_is_simple) {
    trial *b = trial_new(922, _i);
    for (int k = law_count(100000); k > 0; k--) {
        l2osr__expr expr;
        random_rule(&expr, b->ctx, &b->rng, 1 + k % 25,
                    (mixture){.reductions = true, .any_decay = true, .any_constant = k % 4 == 0});
        check_form(b, &expr, k % 2 ? L2OSR__REWRITE_FINITE : 0);
        l2osr__expr_clear(&expr);
    }
    trial_free(b);
}
END_TEST

/* Swaps operands where their order means nothing. */
static void swap_some(l2osr__expr *expr, l2osr__rng *rng) {
    for (int32_t i = 0; i < expr->count; i++) {
        l2osr__node *n = &expr->nodes[i];
        if (!(l2osr__ops[n->op].traits & L2OSR__TRAIT_COMMUTATIVE) || l2osr__rng_below(rng, 2))
            continue;
        const int32_t a = n->a;
        n->a = n->b;
        n->b = a;
    }
}

static char *simplified_text(trial *b, const l2osr__expr *expr, unsigned flags) {
    l2osr__expr simple;
    rewrite(b, &simple, expr, flags);
    char *text = simple_text(&simple);
    l2osr__expr_clear(&simple);
    return text;
}

/* Of min(0, -0) the order of operands decides which zero it is; all else is equal. */
static void drop_signs_of_zeros(char *text) {
    for (char *c = strstr(text, "-0"); c; c = strstr(c + 1, "-0"))
        if (!strchr(".0123456789", c[2]) || c[2] == '\0')
            memmove(c, c + 1, strlen(c));
}

START_TEST(order_of_operands_is_nothing) {
    trial *b = trial_new(923, _i);
    for (int k = law_count(100000); k > 0; k--) {
        l2osr__expr expr, other;
        const unsigned flags = k % 2 ? L2OSR__REWRITE_FINITE : 0;
        random_rule(&expr, b->ctx, &b->rng, 1 + k % 25, (mixture){.reductions = true});
        char *one = simplified_text(b, &expr, flags);
        char *written = text_of(&expr);
        swap_some(&expr, &b->rng);
        char *swapped = text_of(&expr);
        read_text(&other, b->ctx, swapped); /* in the order in which it is then read */
        char *two = simplified_text(b, &other, flags);
        drop_signs_of_zeros(one);
        drop_signs_of_zeros(two);
        must(strcmp(one, two) == 0, "%sand\n%sbecome\n%sand\n%s", written, swapped, one, two);
        l2osr__free(b->ctx, one);
        l2osr__free(b->ctx, written);
        l2osr__free(b->ctx, swapped);
        l2osr__free(b->ctx, two);
        l2osr__expr_clear(&other);
        l2osr__expr_clear(&expr);
    }
    trial_free(b);
}
END_TEST

/* Pairs that were two texts once: of numbers, of signs, of what is named first. */
static const char *const pairs[][2] = {
    {"2 * ~2 * g", "~2 * 2 * g"},
    {"(-0.3 + ~-0.3) * g", "(~-0.3 + -0.3) * g"},
    {"{1, 2} + 1 - g", "1 + {1, 2} - g"},
    {"-tanh(g) + -exp(x)", "-exp(x) + -tanh(g)"},
    {"x * exp(g) * ((g + x)[1] / exp(g))", "exp(g) * x * ((x + g)[1] / exp(g))"},
    {"(exp(g) + (g + x)[1]) * min((g + x)[1], exp(g))",
     "min(exp(g), (x + g)[1]) * ((x + g)[1] + exp(g))"},
};

START_TEST(pairs_are_one_text) {
    trial *b = trial_new(925, 0);
    char *text[2];
    for (int i = 0; i < 2; i++) {
        l2osr__expr expr;
        char whole[128];
        snprintf(whole, sizeof whole, "l2osr-rule 1\nupdate = %s\n", pairs[_i][i]);
        read_text(&expr, b->ctx, whole);
        check_form(b, &expr, 0);
        text[i] = simplified_text(b, &expr, 0);
        l2osr__expr_clear(&expr);
    }
    ck_assert_str_eq(text[0], text[1]);
    for (int i = 0; i < 2; i++)
        l2osr__free(b->ctx, text[i]);
    trial_free(b);
}
END_TEST

/* ---- constants that may be tuned ---- */

/* Another value of a constant that is gone must change nothing. */
static void check_no_influence(trial *b, l2osr__expr *expr, int32_t constant) {
    static double before[LAW_STEPS][LARGE_SIZE];
    l2osr__node *n = &expr->nodes[constant];
    walk_all(b->walk, expr, &b->scene);
    for (int step = 0; step < LAW_STEPS; step++)
        memcpy(before[step], walk_values(b->walk, expr->root, step),
               b->scene.size * sizeof(double));
    const double value = n->value;
    n->value = 0.37;
    for (int32_t i = 0; i < n->b; i++)
        expr->values[n->a + i] += 0.37;
    walk_all(b->walk, expr, &b->scene);
    n->value = value;
    for (int32_t i = 0; i < n->b; i++)
        expr->values[n->a + i] -= 0.37;
    for (int step = 0; step < LAW_STEPS; step++)
        for (size_t i = 0; i < b->scene.size; i++) {
            const double now = walk_values(b->walk, expr->root, step)[i], was = before[step][i];
            must(now == was || (isnan(now) && isnan(was)), "constant %g is gone from\n%s", value,
                 text_of(expr));
        }
}

static void check_tunable(trial *b, l2osr__expr *expr, long *kept, long *gone) {
    l2osr__expr simple;
    rewrite(b, &simple, expr, 0);
    for (int32_t i = 0; i < expr->count; i++) {
        if (expr->nodes[i].op != L2OSR__OP_CONST || !expr->nodes[i].tunable)
            continue;
        if (map[i] < 0) {
            ++*gone;
            check_no_influence(b, expr, i);
        } else {
            ++*kept;
            must(same_constants(expr, &expr->nodes[i], &simple, &simple.nodes[map[i]]),
                 "constant %g is another in\n%s%s", expr->nodes[i].value, text_of(expr),
                 text_of(&simple));
        }
    }
    l2osr__expr_clear(&simple);
}

START_TEST(tunable_constants_stay) {
    trial *b = trial_new(924, _i);
    long kept = 0, gone = 0;
    const int count = law_count(100000);
    for (int k = count; k > 0; k--) {
        l2osr__expr expr;
        random_rule(&expr, b->ctx, &b->rng, 1 + k % 25,
                    (mixture){.reductions = true, .any_decay = true, .tame = true});
        random_scene(&b->scene, &b->rng, false);
        check_tunable(b, &expr, &kept, &gone);
        l2osr__expr_clear(&expr);
    }
    ck_assert(kept >= count / 4);
    ck_assert(count < 10000 || gone > 0);
    trial_free(b);
}
END_TEST

TCase *simplify_laws(void) {
    TCase *tests = tcase_create("simplify");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, values_stay, 0, LAW_PARTS);
    tcase_add_loop_test(tests, finite_values_stay, 0, LAW_PARTS);
    tcase_add_loop_test(tests, simple_is_simple, 0, LAW_PARTS);
    tcase_add_loop_test(tests, order_of_operands_is_nothing, 0, LAW_PARTS);
    tcase_add_loop_test(tests, pairs_are_one_text, 0, sizeof pairs / sizeof pairs[0]);
    tcase_add_loop_test(tests, tunable_constants_stay, 0, LAW_PARTS);
    return tests;
}
