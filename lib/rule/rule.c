/* SPDX-License-Identifier: MIT */
#include "rule/rule.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/number.h"
#include "expr/rewrite.h"
#include "rule/form.h"

static const char *const input_names[L2OSR__INPUT_COUNT] = {"g", "x", "t", "lr", "wd", "update"};
static const uint8_t input_scalars[L2OSR__INPUT_COUNT] = {0, 0, 1, 1, 1, 0};

const l2osr__symbols l2osr__rule_symbols = {.names = input_names,
                                            .scalar = input_scalars,
                                            .count = L2OSR__INPUT_COUNT,
                                            .feedback = L2OSR__INPUT_UPDATE};

void l2osr__rule_inputs(double inputs[L2OSR__INPUT_COUNT], uint64_t step, double lr, double wd) {
    inputs[L2OSR__INPUT_G] = inputs[L2OSR__INPUT_X] = 0; /* vectors: never read */
    inputs[L2OSR__INPUT_UPDATE] = 0;
    inputs[L2OSR__INPUT_T] = (double)step;
    inputs[L2OSR__INPUT_LR] = lr;
    inputs[L2OSR__INPUT_WD] = wd;
}

static l2osr_status write_texts(l2osr_rule *rule) {
    l2osr__text text = {.ctx = rule->ctx}, latex = {.ctx = rule->ctx};
    l2osr__print_rule(&text, &rule->expr, &rule->header, &l2osr__rule_symbols);
    L2OSR__TRY(l2osr__text_take(&text, &rule->text));
    l2osr__text_add(&latex, "\\Delta x = ");
    l2osr__print_latex(&latex, &rule->expr, rule->expr.root, &l2osr__rule_symbols);
    return l2osr__text_take(&latex, &rule->latex);
}

l2osr_status l2osr__rule_finish(l2osr_rule *rule, const uint8_t *keep, bool tunable) {
    L2OSR__TRY(l2osr__rule_build_form(rule, keep, tunable));
    return write_texts(rule);
}

/* What a program could not run is refused where its place in the text is known. */
static l2osr_status check_decays(const l2osr_rule *rule, const char *name) {
    uint8_t scalar[L2OSR__MAX_NODES];
    for (int32_t i = 0; i < rule->expr.count; i++) {
        const l2osr__node *node = &rule->expr.nodes[i];
        scalar[i] = l2osr__node_is_scalar(node, &l2osr__rule_symbols, scalar);
        if (l2osr__ops[node->op].kind == L2OSR__KIND_MEMORY && !scalar[node->b])
            return l2osr__fail(rule->ctx, L2OSR_EPARSE,
                               "%s: line %d, column %d: the decay of %s() must not depend on "
                               "coordinates: use constants, t, lr and reductions only",
                               name, node->line, node->column, l2osr__ops[node->op].name);
    }
    return L2OSR_OK;
}

static l2osr_status parse(l2osr_rule *rule, const char *text, const char *name) {
    const l2osr__source source = {name ? name : "rule", text};
    L2OSR__TRY(
        l2osr__parse_rule(&rule->expr, &rule->header, rule->ctx, source, &l2osr__rule_symbols));
    if (rule->expr.root < 0)
        return l2osr__fail(rule->ctx, L2OSR_EPARSE, "%s: no line 'update = ...'", source.name);
    L2OSR__TRY(check_decays(rule, source.name));
    uint8_t keep[L2OSR__MAX_NODES];
    l2osr__rule_candidates(&rule->expr, keep);
    return l2osr__rule_finish(rule, keep, false);
}

l2osr_status l2osr__rule_new(l2osr_rule **out, l2osr_context *ctx) {
    L2OSR__TRY(l2osr__alloc_to(ctx, out, 1, sizeof **out));
    (*out)->ctx = ctx;
    atomic_init(&(*out)->users, 1);
    l2osr__expr_init(&(*out)->expr, ctx);
    l2osr__expr_init(&(*out)->form, ctx);
    return L2OSR_OK;
}

l2osr_status l2osr_rule_parse(l2osr_rule **out, l2osr_context *ctx, const char *text,
                              const char *name) {
    if (!ctx || !out)
        return L2OSR_EINVAL;
    *out = NULL;
    if (!text)
        return l2osr__fail(ctx, L2OSR_EINVAL, "rule: text is NULL");
    l2osr_rule *rule;
    L2OSR__TRY(l2osr__rule_new(&rule, ctx));
    l2osr_status status = parse(rule, text, name);
    if (status == L2OSR_OK)
        *out = rule;
    else
        l2osr_rule_free(rule);
    return status;
}

l2osr_status l2osr_rule_load(l2osr_rule **out, l2osr_context *ctx, const char *path) {
    char *text;
    size_t size;
    if (!ctx || !out)
        return L2OSR_EINVAL;
    *out = NULL;
    if (!path)
        return l2osr__fail(ctx, L2OSR_EINVAL, "rule: path is NULL");
    L2OSR__TRY(l2osr__file_read(ctx, path, &text, &size));
    l2osr_status status =
        strlen(text) == size
            ? l2osr_rule_parse(out, ctx, text, path)
            : l2osr__fail(ctx, L2OSR_EFORMAT, "%s: not a text file (it has a zero byte)", path);
    l2osr__free(ctx, text);
    return status;
}

l2osr_status l2osr_rule_save(const l2osr_rule *rule, const char *path) {
    l2osr__writer writer;
    if (!rule)
        return L2OSR_EINVAL;
    if (!path)
        return l2osr__fail(rule->ctx, L2OSR_EINVAL, "rule: path is NULL");
    L2OSR__TRY(l2osr__writer_open(&writer, rule->ctx, path));
    fputs(rule->text, writer.stream);
    return l2osr__writer_commit(&writer);
}

l2osr_status l2osr_rule_compose(l2osr_rule **out, l2osr_context *ctx, const char *prelude,
                                const char *equation, double default_lr) {
    char digits[L2OSR__NUMBER_SIZE], *text;
    l2osr__text builder = {.ctx = ctx};
    if (!ctx || !out)
        return L2OSR_EINVAL;
    *out = NULL;
    if (!equation || !(default_lr > 0) || isinf(default_lr))
        return l2osr__fail(ctx, L2OSR_EINVAL, "rule: needs an equation and a positive step size");
    l2osr__format_double(digits, sizeof digits, default_lr);
    l2osr__text_add(&builder, "%s", prelude ? prelude : "l2osr-rule 1\n");
    l2osr__text_add(&builder, "\ndefault lr = %s\nupdate = lr * (%s)\n", digits, equation);
    L2OSR__TRY(l2osr__text_take(&builder, &text));
    l2osr_status status = l2osr_rule_parse(out, ctx, text, "composed rule");
    l2osr__free(ctx, text);
    return status;
}

l2osr_rule *l2osr_rule_ref(l2osr_rule *rule) {
    atomic_fetch_add_explicit(&rule->users, 1, memory_order_relaxed);
    return rule;
}

void l2osr_rule_free(l2osr_rule *rule) {
    if (!rule || atomic_fetch_sub_explicit(&rule->users, 1, memory_order_acq_rel) > 1)
        return;
    l2osr_context *ctx = rule->ctx;
    l2osr__rule_clear_form(rule);
    l2osr__expr_clear(&rule->expr);
    l2osr__free(ctx, rule->text);
    l2osr__free(ctx, rule->latex);
    l2osr__free(ctx, rule);
}

const char *l2osr_rule_text(const l2osr_rule *rule) {
    return rule->text;
}

const char *l2osr_rule_latex(const l2osr_rule *rule) {
    return rule->latex;
}

size_t l2osr_rule_state(const l2osr_rule *rule) {
    return (size_t)rule->program.planes;
}

double l2osr_rule_default_lr(const l2osr_rule *rule) {
    const double usual = 0.01; /* of the published models and rules */
    return isnan(rule->header.default_lr) ? usual : rule->header.default_lr;
}

double l2osr_rule_default_wd(const l2osr_rule *rule) {
    return isnan(rule->header.default_wd) ? 0 : rule->header.default_wd;
}

size_t l2osr_rule_passes(const l2osr_rule *rule) {
    return (size_t)rule->program.passes;
}

void l2osr_simplify_options_init(l2osr_simplify_options *o, size_t size) {
    l2osr__options_init(o, size);
}

static l2osr_status fill_simpler(l2osr_rule *simple, const l2osr_rule *rule, bool finite) {
    uint8_t keep[L2OSR__MAX_NODES];
    int32_t map[L2OSR__MAX_NODES];
    simple->header = rule->header;
    L2OSR__TRY(l2osr__rewrite(&simple->expr, &rule->expr, &l2osr__rule_symbols, NULL,
                              finite ? L2OSR__REWRITE_FINITE : 0, map));
    L2OSR__TRY(l2osr__rewrite_name_shared(&simple->expr));
    l2osr__rule_candidates(&simple->expr, keep);
    return l2osr__rule_finish(simple, keep, false);
}

l2osr_status l2osr_rule_simplify(l2osr_rule **out, const l2osr_rule *rule,
                                 const l2osr_simplify_options *options) {
    l2osr_simplify_options o;
    l2osr_rule *simple;
    if (!out || !rule)
        return L2OSR_EINVAL;
    *out = NULL;
    L2OSR__TRY(l2osr__options_copy(rule->ctx, &o, sizeof o, options, "simplify options"));
    L2OSR__TRY(l2osr__rule_new(&simple, rule->ctx));
    l2osr_status status = fill_simpler(simple, rule, o.finite != 0);
    if (status == L2OSR_OK)
        *out = simple;
    else
        l2osr_rule_free(simple);
    return status;
}
