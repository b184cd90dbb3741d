/* SPDX-License-Identifier: MIT */
#include "rule/rule.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/number.h"

static const char *const input_names[L2OSR__INPUT_COUNT] = {"g", "x", "t", "lr"};
static const uint8_t input_scalars[L2OSR__INPUT_COUNT] = {0, 0, 1, 1};

const l2osr__symbols l2osr__rule_symbols = {input_names, input_scalars, L2OSR__INPUT_COUNT};

void l2osr__rule_inputs(double inputs[L2OSR__INPUT_COUNT], uint64_t step, double lr) {
    inputs[L2OSR__INPUT_G] = inputs[L2OSR__INPUT_X] = 0; /* vectors: never read */
    inputs[L2OSR__INPUT_T] = (double)step;
    inputs[L2OSR__INPUT_LR] = lr;
}

/* Whole numbers are part of the shape of a formula (exponents, the 1 of 1 - b^t), not of its size.
 */
static bool is_structural(double value) {
    return value == floor(value);
}

static l2osr_status list_constants(l2osr_rule *rule) {
    const l2osr__expr *expr = &rule->expr;
    bool marked = false;
    L2OSR__TRY(l2osr__alloc_to(rule->ctx, &rule->constants, (size_t)expr->count + 1,
                               sizeof *rule->constants));
    for (int32_t i = 0; i < expr->count; i++)
        marked |= expr->nodes[i].op == L2OSR__OP_CONST && expr->nodes[i].tunable;
    for (int32_t i = 0; i < expr->count; i++) {
        const l2osr__node *node = &expr->nodes[i];
        if (node->op != L2OSR__OP_CONST || rule->program.slots[i].class == L2OSR__CLASS_UNUSED)
            continue;
        if (marked ? node->tunable : !is_structural(node->value))
            rule->constants[rule->constant_count++] = i;
    }
    return L2OSR_OK;
}

static l2osr_status write_texts(l2osr_rule *rule) {
    l2osr__text text = {.ctx = rule->ctx}, latex = {.ctx = rule->ctx};
    l2osr__print_rule(&text, &rule->expr, &rule->header, &l2osr__rule_symbols);
    L2OSR__TRY(l2osr__text_take(&text, &rule->text));
    l2osr__text_add(&latex, "\\Delta x = ");
    l2osr__print_latex(&latex, &rule->expr, rule->expr.root, &l2osr__rule_symbols);
    return l2osr__text_take(&latex, &rule->latex);
}

/* What follows from the expression, but for the choice of constants to tune. */
static l2osr_status finish(l2osr_rule *rule) {
    L2OSR__TRY(l2osr__program_init(&rule->program, rule->ctx, rule->expr.count + 1));
    L2OSR__TRY(l2osr__program_build(&rule->program, rule->ctx, rule->expr.nodes, rule->expr.count,
                                    &rule->expr.root, 1, input_scalars));
    return write_texts(rule);
}

static l2osr_status parse(l2osr_rule *rule, const char *text, const char *name) {
    const l2osr__source source = {name ? name : "rule", text};
    L2OSR__TRY(
        l2osr__parse_rule(&rule->expr, &rule->header, rule->ctx, source, &l2osr__rule_symbols));
    if (rule->expr.root < 0)
        return l2osr__fail(rule->ctx, L2OSR_EPARSE, "%s: no line 'update = ...'", source.name);
    L2OSR__TRY(finish(rule));
    return list_constants(rule);
}

static l2osr_status new_rule(l2osr_rule **out, l2osr_context *ctx) {
    L2OSR__TRY(l2osr__alloc_to(ctx, out, 1, sizeof **out));
    (*out)->ctx = ctx;
    atomic_init(&(*out)->users, 1);
    l2osr__expr_init(&(*out)->expr, ctx);
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
    L2OSR__TRY(new_rule(&rule, ctx));
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
    l2osr__expr_clear(&rule->expr);
    l2osr__program_clear(&rule->program, ctx);
    l2osr__free(ctx, rule->text);
    l2osr__free(ctx, rule->latex);
    l2osr__free(ctx, rule->constants);
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

size_t l2osr_rule_constant_count(const l2osr_rule *rule) {
    return (size_t)rule->constant_count;
}

double l2osr_rule_constant(const l2osr_rule *rule, size_t index) {
    return index < (size_t)rule->constant_count ? rule->expr.nodes[rule->constants[index]].value
                                                : NAN;
}

/* A constant stays tunable when its new value happens to be a whole number. */
static l2osr_status keep_constants(l2osr_rule *copy, const l2osr_rule *rule) {
    const size_t count = (size_t)rule->constant_count;
    L2OSR__TRY(l2osr__alloc_to(copy->ctx, &copy->constants, count + 1, sizeof *copy->constants));
    memcpy(copy->constants, rule->constants, count * sizeof *copy->constants);
    copy->constant_count = rule->constant_count;
    return L2OSR_OK;
}

static l2osr_status fill_with(l2osr_rule *copy, const l2osr_rule *rule, const double *values,
                              double default_lr) {
    copy->header.default_lr = default_lr;
    L2OSR__TRY(l2osr__expr_copy(&copy->expr, &rule->expr));
    for (int32_t i = 0; i < rule->constant_count; i++)
        copy->expr.nodes[rule->constants[i]].value = values[i];
    L2OSR__TRY(finish(copy));
    return keep_constants(copy, rule);
}

l2osr_status l2osr__rule_with(l2osr_rule **out, const l2osr_rule *rule, const double *values,
                              double default_lr) {
    l2osr_rule *copy;
    L2OSR__TRY(new_rule(&copy, rule->ctx));
    l2osr_status status = fill_with(copy, rule, values, default_lr);
    if (status == L2OSR_OK)
        *out = copy;
    else
        l2osr_rule_free(copy);
    return status;
}

const char *l2osr_rule_constant_name(const l2osr_rule *rule, size_t index) {
    for (int32_t i = 0; i < rule->expr.let_count && index < (size_t)rule->constant_count; i++)
        if (rule->expr.lets[i].node == rule->constants[index])
            return rule->expr.lets[i].name;
    return "";
}

l2osr_status l2osr_rule_with_constants(l2osr_rule **out, const l2osr_rule *rule,
                                       const double *values) {
    if (!out || !rule)
        return L2OSR_EINVAL;
    *out = NULL;
    for (int32_t i = 0; i < rule->constant_count; i++)
        if (!values || !isfinite(values[i]))
            return l2osr__fail(rule->ctx, L2OSR_EINVAL, "rule: constant %d is not a finite number",
                               (int)i);
    return l2osr__rule_with(out, rule, values, rule->header.default_lr);
}
