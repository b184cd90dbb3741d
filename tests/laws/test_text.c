/* SPDX-License-Identifier: MIT */
/* What is printed reads back to the same nodes, bit for bit. */
#include "laws.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static bool same_bits(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

static bool same_node(const l2osr__node *m, const l2osr__node *n) {
    return m->op == n->op && m->a == n->a && m->b == n->b && m->lag == n->lag &&
           m->tunable == n->tunable && same_bits(m->value, n->value);
}

static void check_same(const l2osr__expr *a, const l2osr__expr *b, const char *text) {
    must(a->count == b->count && a->root == b->root && a->let_count == b->let_count &&
             a->value_count == b->value_count,
         "%d and %d nodes: %s", a->count, b->count, text);
    for (int32_t i = 0; i < a->count; i++)
        must(same_node(&a->nodes[i], &b->nodes[i]), "node %d (%s and %s): %s", i,
             l2osr__ops[a->nodes[i].op].name, l2osr__ops[b->nodes[i].op].name, text);
    for (int32_t i = 0; i < a->value_count; i++)
        must(same_bits(a->values[i], b->values[i]), "value %d: %s", i, text);
    for (int32_t i = 0; i < a->let_count; i++)
        must(strcmp(a->lets[i].name, b->lets[i].name) == 0 && a->lets[i].node == b->lets[i].node,
             "let %d: %s", i, text);
}

static l2osr__rule_header random_header(l2osr__rng *rng) {
    return (l2osr__rule_header){l2osr__rng_below(rng, 2) ? 1e-3 + l2osr__rng_uniform(rng) : NAN,
                                l2osr__rng_below(rng, 2) ? l2osr__rng_uniform(rng) : NAN};
}

static char *print_rule(const l2osr__expr *expr, const l2osr__rule_header *header) {
    l2osr__text text = {.ctx = expr->ctx};
    char *out;
    l2osr__print_rule(&text, expr, header, &l2osr__rule_symbols);
    must_work(l2osr__text_take(&text, &out), expr->ctx);
    return out;
}

static void read_back(l2osr__expr *out, l2osr__rule_header *header, const l2osr__expr *expr,
                      const char *text) {
    must(l2osr__parse_rule(out, header, expr->ctx, (l2osr__source){"printed", text},
                           &l2osr__rule_symbols) == L2OSR_OK,
         "%s\n%s", l2osr_context_errmsg(expr->ctx), text);
}

static void check_rule(const l2osr__expr *expr, l2osr__rng *rng) {
    const l2osr__rule_header header = random_header(rng);
    l2osr__rule_header again;
    l2osr__expr copy;
    char *text = print_rule(expr, &header);
    read_back(&copy, &again, expr, text);
    check_same(expr, &copy, text);
    must((same_bits(header.default_lr, again.default_lr) ||
          (isnan(header.default_lr) && isnan(again.default_lr))) &&
             (same_bits(header.default_wd, again.default_wd) ||
              (isnan(header.default_wd) && isnan(again.default_wd))),
         "%s", text);
    l2osr__expr_clear(&copy);
    l2osr__free(expr->ctx, text);
}

START_TEST(printed_rules_read_back) {
    l2osr_context *ctx = test_context();
    l2osr__rng rng;
    l2osr__rng_init(&rng, 900, (uint64_t)_i);
    for (int k = law_count(100000); k > 0; k--) {
        l2osr__expr expr;
        const mixture mix = {.any_constant = true, .any_decay = k % 2, .reductions = true};
        random_rule(&expr, ctx, &rng, 1 + k % 25, mix);
        check_rule(&expr, &rng);
        l2osr__expr_clear(&expr);
    }
    l2osr_context_free(ctx);
}
END_TEST

/* Writes a text with every constant in hexadecimal, copying all that is not one. */
static char *in_hexadecimal(const char *text) {
    const size_t room = 16 * strlen(text) + 64;
    char *out = malloc(room);
    size_t length = (size_t)snprintf(out, room, "l2osr-rule 1\n");
    bool word = false;
    for (const char *c = strchr(text, '\n') + 1; *c;) {
        char *end = NULL;
        const bool digit = (*c >= '0' && *c <= '9') || *c == '.';
        const double value = digit && !word && c[-1] != '[' ? strtod(c, &end) : 0;
        word = (*c >= 'a' && *c <= 'z') || *c == '_' || (word && digit);
        if (end)
            length += (size_t)snprintf(out + length, room - length, "%a", value);
        else
            out[length++] = *c;
        c = end ? end : c + 1;
    }
    out[length] = '\0';
    return out;
}

START_TEST(hexadecimal_constants_are_the_same) {
    l2osr_context *ctx = test_context();
    l2osr__rng rng;
    l2osr__rng_init(&rng, 901, (uint64_t)_i);
    for (int k = law_count(100000); k > 0; k--) {
        l2osr__expr expr, copy;
        l2osr__rule_header header;
        random_rule(&expr, ctx, &rng, 1 + k % 12, (mixture){.any_constant = true});
        char *text = text_of(&expr), *other = in_hexadecimal(text);
        read_back(&copy, &header, &expr, other);
        check_same(&expr, &copy, other);
        l2osr__expr_clear(&copy);
        free(other);
        l2osr__free(ctx, text);
        l2osr__expr_clear(&expr);
    }
    l2osr_context_free(ctx);
}
END_TEST

TCase *text_laws(void) {
    TCase *tests = tcase_create("text");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, printed_rules_read_back, 0, LAW_PARTS);
    tcase_add_loop_test(tests, hexadecimal_constants_are_the_same, 0, LAW_PARTS);
    return tests;
}
