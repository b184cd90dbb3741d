/* SPDX-License-Identifier: MIT */
/* Labels put together again give the expression that was walked. */
#include "tests.h"

#include <ctype.h>
#include <string.h>

enum { EXPRESSIONS = 2000, MOST = 4 * L2OSR__MAX_NODES };

typedef struct label {
    char *text;
    size_t operands;
} label;

/* A walk, and how far its labels are put together. */
typedef struct record {
    l2osr_context *ctx;
    label labels[MOST];
    size_t n, next;
    l2osr__text text;
} record;

static int note(void *user, const char *text, size_t operands) {
    record *r = user;
    l2osr__text copy = {.ctx = r->ctx};
    label *l = &r->labels[r->n++];
    ck_assert_uint_lt(r->n, MOST);
    l2osr__text_add(&copy, "%s", text);
    ck_ok(l2osr__text_take(&copy, &l->text), r->ctx);
    l->operands = operands;
    return 0;
}

static void join(record *r);

static void join_bracketed(record *r) {
    l2osr__text_add(&r->text, "(");
    join(r);
    l2osr__text_add(&r->text, ")");
}

static void join(record *r) {
    ck_assert_uint_lt(r->next, r->n);
    const label *l = &r->labels[r->next++];
    const bool is_call = isalpha((unsigned char)l->text[0]), is_lag = l->text[0] == '[';
    if (l->operands == 0 || is_call || (l->operands == 1 && !is_lag))
        l2osr__text_add(&r->text, "%s", l->text);
    if (is_call && l->operands > 0)
        l2osr__text_add(&r->text, "(");
    for (size_t i = 0; i < l->operands; i++) {
        if (i > 0)
            l2osr__text_add(&r->text, " %s ", is_call ? "," : l->text);
        if (is_call)
            join(r);
        else
            join_bracketed(r);
    }
    l2osr__text_add(&r->text, "%s", is_lag ? l->text : is_call && l->operands > 0 ? ")" : "");
}

/* The labels of a node as one text with all brackets. */
static char *walk_and_join(record *r, const l2osr__expr *expr) {
    char *joined;
    r->ctx = expr->ctx;
    r->n = r->next = 0;
    r->text = (l2osr__text){.ctx = expr->ctx};
    ck_ok(l2osr__walk_node(expr, expr->root, &symbols, note, r), expr->ctx);
    join(r);
    ck_assert_uint_eq(r->next, r->n);
    for (size_t i = 0; i < r->n; i++)
        l2osr__free(expr->ctx, r->labels[i].text);
    ck_ok(l2osr__text_take(&r->text, &joined), expr->ctx);
    return joined;
}

START_TEST(labels_put_together_are_the_expression) {
    static record r;
    l2osr_context *ctx = test_context();
    l2osr__rng rng;
    l2osr__rng_init(&rng, 33, 0);
    for (int k = 0; k < EXPRESSIONS; k++) {
        l2osr__expr expr, read;
        l2osr__expr_init(&expr, ctx);
        expr.root = random_tree(&expr, &rng, 1 + k % 60, (mixture){true, true, true, true});
        char *joined = walk_and_join(&r, &expr);
        ck_ok(l2osr__parse_expression(&read, ctx, (l2osr__source){"joined", joined}, &symbols),
              ctx);
        check_same(&expr, &read, joined);
        l2osr__free(ctx, joined);
        l2osr__expr_clear(&read);
        l2osr__expr_clear(&expr);
    }
    l2osr_context_free(ctx);
}
END_TEST

/* A let is a name: put together, the update is the one that is printed. */
START_TEST(lets_are_names) {
    static record r;
    l2osr_context *ctx = test_context();
    l2osr__rng rng;
    l2osr__rng_init(&rng, 34, 0);
    for (int k = 0; k < EXPRESSIONS / 4; k++) {
        l2osr__expr expr, read;
        l2osr__rule_header header;
        l2osr__text text = {.ctx = ctx};
        char *written;
        l2osr__expr_init(&expr, ctx);
        random_rule(&expr, &rng, 1 + k % 5, 1 + k % 20, (mixture){true, true, true, true});
        char *joined = walk_and_join(&r, &expr);
        l2osr__text_add(&text, "l2osr-rule 1\n");
        for (int32_t i = 0; i < expr.let_count; i++)
            l2osr__print_let(&text, &expr, i, &symbols);
        l2osr__text_add(&text, "update = %s\n", joined);
        ck_ok(l2osr__text_take(&text, &written), ctx);
        ck_ok(l2osr__parse_rule(&read, &header, ctx, (l2osr__source){"joined", written}, &symbols),
              ctx);
        check_same(&expr, &read, written);
        l2osr__free(ctx, written);
        l2osr__free(ctx, joined);
        l2osr__expr_clear(&read);
        l2osr__expr_clear(&expr);
    }
    l2osr_context_free(ctx);
}
END_TEST

TCase *walk_tests(void) {
    TCase *tests = tcase_create("walk");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, labels_put_together_are_the_expression);
    tcase_add_test(tests, lets_are_names);
    return tests;
}
