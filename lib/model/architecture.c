/* SPDX-License-Identifier: MIT */
#include "model/architecture.h"

#include <string.h>

static const char *const outputs[] = {[L2OSR_OUTPUT_TANH] = "tanh",
                                      [L2OSR_OUTPUT_LINEAR] = "linear",
                                      [L2OSR_OUTPUT_SCALED_TANH] = "scaled_tanh"};

enum { MAX_NUMBER = 1000000 }; /* that a text may have: sums of such ones do not overflow */

void l2osr__architecture_clear(l2osr__architecture *a, l2osr_context *ctx) {
    l2osr__free(ctx, a->prelude);
    *a = (l2osr__architecture){0};
}

l2osr_status l2osr__architecture_check(const l2osr__architecture *a, l2osr_context *ctx) {
    const l2osr__shape *shape = &a->shape;
    l2osr__network net;
    if (a->groups > L2OSR__MAX_GROUPS)
        return l2osr__fail(ctx, L2OSR_ERANGE, "model: %zu groups; at most %d", a->groups,
                           L2OSR__MAX_GROUPS);
    if (shape->layers < 1 || shape->layers > L2OSR__MAX_LAYERS)
        return l2osr__fail(ctx, L2OSR_ERANGE, "model: %zu LSTM layers; there can be 1 to %d",
                           shape->layers, L2OSR__MAX_LAYERS);
    for (size_t l = 0; l < shape->layers; l++)
        if (shape->hidden[l] < 1 || shape->hidden[l] > L2OSR__MAX_RECORD_ROWS)
            return l2osr__fail(ctx, L2OSR_ERANGE, "model: %zu units of LSTM layer %zu",
                               shape->hidden[l], l);
    if (shape->pre > L2OSR__MAX_RECORD_ROWS)
        return l2osr__fail(ctx, L2OSR_ERANGE, "model: %zu outputs of the first linear layer",
                           shape->pre);
    l2osr__network_init(&net, shape);
    if (net.rows > L2OSR__MAX_RECORD_ROWS)
        return l2osr__fail(ctx, L2OSR_ERANGE,
                           "model: too large: a step of its network holds %zu numbers a parameter, "
                           "at most %d are possible; take smaller layers or fewer",
                           net.rows, L2OSR__MAX_RECORD_ROWS);
    return L2OSR_OK;
}

/* ---- from options ---- */

static l2osr_status set_layers(l2osr__shape *shape, l2osr_context *ctx,
                               const l2osr_model_options *o) {
    if (o->pre > 0)
        shape->pre = o->pre == L2OSR_MODEL_NO_PRE ? 0 : o->pre;
    if (o->output < L2OSR_OUTPUT_PRESET || o->output > L2OSR_OUTPUT_SCALED_TANH)
        return l2osr__fail(ctx, L2OSR_EINVAL, "model: unknown output %d", (int)o->output);
    if (o->output != L2OSR_OUTPUT_PRESET)
        shape->output = o->output;
    if ((o->n_hidden > 0) != (o->hidden != NULL))
        return l2osr__fail(ctx, L2OSR_EINVAL, "model: hidden and n_hidden go together");
    if (o->n_hidden > 0) {
        shape->layers = o->n_hidden;
        memset(shape->hidden, 0, sizeof shape->hidden);
        for (size_t l = 0; l < o->n_hidden && l < L2OSR__MAX_LAYERS; l++)
            shape->hidden[l] = o->hidden[l];
    }
    return L2OSR_OK;
}

l2osr_status l2osr__architecture_create(l2osr__architecture *out, l2osr_context *ctx,
                                        const l2osr_model_options *o) {
    const l2osr__preset *preset;
    *out = (l2osr__architecture){.groups = o->groups};
    L2OSR__TRY(l2osr__preset_find(ctx, o->preset ? o->preset : "rp_s", &preset));
    if (o->features && !o->inputs)
        return l2osr__fail(ctx, L2OSR_EINVAL,
                           "model: features are defined, but inputs does not say which to use");
    strcpy(out->preset, preset->name);
    out->shape = preset->shape;
    L2OSR__TRY(set_layers(&out->shape, ctx, o));
    L2OSR__TRY(
        l2osr__catalogue_choose(out, ctx, o->inputs ? o->inputs : preset->inputs, o->features));
    return l2osr__architecture_check(out, ctx);
}

/* ---- as text ---- */

void l2osr__architecture_write(const l2osr__architecture *a, l2osr__text *text) {
    const l2osr__shape *shape = &a->shape;
    l2osr__text_add(text, "preset %s\ninputs", a->preset);
    for (size_t f = 0; f < shape->features; f++)
        l2osr__text_add(text, " %s", a->inputs[f]);
    l2osr__text_add(text, "\npre %zu\nhidden", shape->pre);
    for (size_t l = 0; l < shape->layers; l++)
        l2osr__text_add(text, " %zu", shape->hidden[l]);
    l2osr__text_add(text, "\noutput %s\ngroups %zu\n%s", outputs[shape->output], a->groups,
                    a->prelude + strlen(L2OSR__PRELUDE_HEADER));
}

/* A place in the text, between two words of a line or at its end. */
typedef struct reader {
    l2osr_context *ctx;
    const char *at;
} reader;

static l2osr_status expected(const reader *r, const char *what) {
    return l2osr__fail(r->ctx, L2OSR_EFORMAT, "description: expected %s at '%.*s'", what,
                       (int)strcspn(r->at, "\n") > 40 ? 40 : (int)strcspn(r->at, "\n"), r->at);
}

static l2osr_status take(reader *r, const char *word) {
    const size_t length = strlen(word);
    const char *visible = word + strspn(word, " \n");
    if (strncmp(r->at, word, length) != 0)
        return expected(r, *visible ? visible : "a blank or the end of the line");
    r->at += length;
    return L2OSR_OK;
}

/* A word of letters, digits and '_' behind a blank. */
static l2osr_status take_name(reader *r, char name[L2OSR__NAME_SIZE]) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    L2OSR__TRY(take(r, " "));
    const size_t length = strspn(r->at, letters);
    if (length < 1 || length >= L2OSR__NAME_SIZE)
        return expected(r, "a name");
    memcpy(name, r->at, length);
    name[length] = '\0';
    r->at += length;
    return L2OSR_OK;
}

static l2osr_status take_number(reader *r, size_t *number) {
    L2OSR__TRY(take(r, " "));
    if (*r->at < '0' || *r->at > '9')
        return expected(r, "a number");
    for (*number = 0; *r->at >= '0' && *r->at <= '9'; r->at++) {
        *number = 10 * *number + (size_t)(*r->at - '0');
        if (*number > MAX_NUMBER)
            return expected(r, "a smaller number");
    }
    return L2OSR_OK;
}

static l2osr_status take_output(reader *r, l2osr_output *output) {
    L2OSR__TRY(take(r, " "));
    const size_t length = strcspn(r->at, "\n");
    for (*output = L2OSR_OUTPUT_TANH; *output <= L2OSR_OUTPUT_SCALED_TANH; ++*output)
        if (strlen(outputs[*output]) == length && strncmp(r->at, outputs[*output], length) == 0) {
            r->at += length;
            return L2OSR_OK;
        }
    return expected(r, "tanh, linear or scaled_tanh");
}

static l2osr_status read_lines(l2osr__architecture *a, reader *r) {
    l2osr__shape *shape = &a->shape;
    L2OSR__TRY(take(r, "preset"));
    L2OSR__TRY(take_name(r, a->preset));
    L2OSR__TRY(take(r, "\ninputs"));
    do {
        if (shape->features == L2OSR__MAX_FEATURES)
            return expected(r, "fewer inputs");
        L2OSR__TRY(take_name(r, a->inputs[shape->features++]));
    } while (*r->at == ' ');
    L2OSR__TRY(take(r, "\npre"));
    L2OSR__TRY(take_number(r, &shape->pre));
    L2OSR__TRY(take(r, "\nhidden"));
    do {
        if (shape->layers == L2OSR__MAX_LAYERS)
            return expected(r, "fewer layers");
        L2OSR__TRY(take_number(r, &shape->hidden[shape->layers++]));
    } while (*r->at == ' ');
    L2OSR__TRY(take(r, "\noutput"));
    L2OSR__TRY(take_output(r, &shape->output));
    L2OSR__TRY(take(r, "\ngroups"));
    L2OSR__TRY(take_number(r, &a->groups));
    return take(r, "\n");
}

l2osr_status l2osr__architecture_read(l2osr__architecture *out, l2osr_context *ctx,
                                      const char *text) {
    reader r = {ctx, text};
    l2osr__text prelude = {.ctx = ctx};
    *out = (l2osr__architecture){0};
    L2OSR__TRY(read_lines(out, &r));
    L2OSR__TRY(l2osr__architecture_check(out, ctx));
    l2osr__text_add(&prelude, L2OSR__PRELUDE_HEADER "%s", r.at);
    return l2osr__text_take(&prelude, &out->prelude);
}
