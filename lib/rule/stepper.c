/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "rule/engine.h"

static const uint32_t state_magic = 0x31534c4c; /* "LLS1" */

struct l2osr_stepper {
    l2osr_context *ctx;
    l2osr__engine engine;
    l2osr_dtype precision;
    size_t size;
    uint64_t step;
    double grad_scale;
    bool open; /* between begin and end */
    unsigned char *state;
};

/* In front of the planes of a saved state. */
typedef struct state_header {
    uint32_t magic, engine_id, precision, reserved;
    uint64_t size, planes, step;
} state_header;

void l2osr_stepper_options_init(l2osr_stepper_options *o, size_t size) {
    l2osr__options_init(o, size);
    o->precision = L2OSR_F32;
}

void l2osr_step_args_init(l2osr_step_args *a, size_t size) {
    const l2osr_step_args defaults = L2OSR_STEP_ARGS_INIT;
    l2osr__options_init(a, size);
    a->lr = defaults.lr;
}

static size_t width(const l2osr_stepper *s) {
    return s->precision == L2OSR_F64 ? sizeof(double) : sizeof(float);
}

static size_t state_bytes(const l2osr_stepper *s) {
    return s->size * s->engine.planes * width(s);
}

static l2osr_status check(l2osr_context *ctx, size_t segments, const size_t *lengths,
                          const l2osr_stepper_options *o, size_t *size) {
    *size = 0;
    if (segments > 0 && !lengths)
        return l2osr__fail(ctx, L2OSR_EINVAL, "stepper: lengths is NULL");
    for (size_t i = 0; i < segments; i++)
        if (__builtin_add_overflow(*size, lengths[i], size))
            return l2osr__fail(ctx, L2OSR_ERANGE, "stepper: segment %zu is too large", i);
    if (o->precision != 0 && o->precision != L2OSR_F32 && o->precision != L2OSR_F64)
        return l2osr__fail(ctx, L2OSR_EINVAL, "stepper: precision must be L2OSR_F32 or L2OSR_F64");
    return L2OSR_OK;
}

static l2osr_status create(l2osr_stepper **out, l2osr_context *ctx, const l2osr__engine *engine,
                           size_t segments, const size_t *lengths,
                           const l2osr_stepper_options *options) {
    l2osr_stepper_options o;
    size_t size, numbers;
    L2OSR__TRY(l2osr__options_copy(ctx, &o, sizeof o, options, "stepper options"));
    L2OSR__TRY(check(ctx, segments, lengths, &o, &size));
    if (__builtin_mul_overflow(size, engine->planes, &numbers))
        return l2osr__fail(ctx, L2OSR_ERANGE, "stepper: state is too large");
    L2OSR__TRY(l2osr__alloc_to(ctx, out, 1, sizeof **out));
    l2osr_stepper *s = *out;
    s->ctx = ctx;
    s->precision = o.precision == L2OSR_F64 ? L2OSR_F64 : L2OSR_F32;
    s->size = size;
    s->engine.planes = engine->planes;
    l2osr_status status = l2osr__alloc_to(ctx, &s->state, numbers, width(s));
    if (status != L2OSR_OK) {
        l2osr__free(ctx, s);
        *out = NULL;
        return status;
    }
    s->engine = *engine;
    return L2OSR_OK;
}

l2osr_status l2osr__stepper_create(l2osr_stepper **out, l2osr_context *ctx, l2osr__engine engine,
                                   size_t segments, const size_t *lengths,
                                   const l2osr_stepper_options *options) {
    l2osr_status status = create(out, ctx, &engine, segments, lengths, options);
    if (status != L2OSR_OK)
        engine.class->free(engine.self);
    return status;
}

void l2osr_stepper_free(l2osr_stepper *s) {
    if (!s)
        return;
    s->engine.class->free(s->engine.self);
    l2osr__free(s->ctx, s->state);
    l2osr__free(s->ctx, s);
}

size_t l2osr_stepper_size(const l2osr_stepper *s) {
    return s->size;
}

uint64_t l2osr_stepper_count(const l2osr_stepper *s) {
    return s->step;
}

void *l2osr__stepper_state(const l2osr_stepper *s) {
    return s->state;
}

void l2osr_stepper_reset(l2osr_stepper *s) {
    memset(s->state, 0, state_bytes(s));
    s->step = 0;
    s->open = false;
}

l2osr_status l2osr_stepper_begin(l2osr_stepper *s, const l2osr_step_args *args) {
    l2osr_step_args a = L2OSR_STEP_ARGS_INIT;
    if (s->open)
        return l2osr__fail(s->ctx, L2OSR_ESTATE, "stepper: begin without an end before it");
    if (args)
        L2OSR__TRY(l2osr__options_copy(s->ctx, &a, sizeof a, args, "step arguments"));
    if (!isfinite(a.lr) || !isfinite(a.grad_scale))
        return l2osr__fail(s->ctx, L2OSR_EINVAL, "stepper: lr and grad_scale must be finite");
    s->open = true;
    s->step++;
    s->grad_scale = a.grad_scale != 0 ? a.grad_scale : 1;
    s->engine.class->begin(s->engine.self, s->step, a.lr >= 0 ? a.lr : s->engine.default_lr);
    return L2OSR_OK;
}

l2osr_status l2osr_stepper_end(l2osr_stepper *s) {
    if (!s->open)
        return l2osr__fail(s->ctx, L2OSR_ESTATE, "stepper: end without a begin");
    s->open = false;
    return L2OSR_OK;
}

static l2osr_status check_slice(const l2osr_stepper *s, l2osr_dtype precision, size_t first,
                                size_t n) {
    if (!s->open)
        return l2osr__fail(s->ctx, L2OSR_ESTATE, "stepper: slice outside begin and end");
    if (s->precision != precision)
        return l2osr__fail(s->ctx, L2OSR_EINVAL, "stepper: made for %s parameters",
                           s->precision == L2OSR_F64 ? "f64" : "f32");
    if (first > s->size || n > s->size - first)
        return l2osr__fail(s->ctx, L2OSR_ERANGE, "stepper: slice ends past parameter %zu", s->size);
    return L2OSR_OK;
}

static l2osr__slice make_slice(const l2osr_stepper *s, size_t first, size_t n) {
    return (l2osr__slice){.first = first,
                          .n = n,
                          .grad_scale = s->grad_scale,
                          .state = s->state,
                          .stride = s->size,
                          .step = s->step};
}

#define T         float
#define F(name)   name##_f32
#define PRECISION L2OSR_F32
#include "rule/stepper.inc"
#undef T
#undef F
#undef PRECISION

#define T         double
#define F(name)   name##_f64
#define PRECISION L2OSR_F64
#include "rule/stepper.inc"

size_t l2osr_stepper_state_size(const l2osr_stepper *s) {
    return sizeof(state_header) + state_bytes(s);
}

l2osr_status l2osr_stepper_state_save(const l2osr_stepper *s, void *buffer, size_t size) {
    const state_header header = {state_magic, s->engine.id,     s->precision, 0,
                                 s->size,     s->engine.planes, s->step};
    if (s->open)
        return l2osr__fail(s->ctx, L2OSR_ESTATE, "stepper: cannot save inside a step");
    if (!buffer || size < l2osr_stepper_state_size(s))
        return l2osr__fail(s->ctx, L2OSR_EINVAL, "stepper: state needs %zu bytes",
                           l2osr_stepper_state_size(s));
    memcpy(buffer, &header, sizeof header);
    memcpy((unsigned char *)buffer + sizeof header, s->state, state_bytes(s));
    return L2OSR_OK;
}

l2osr_status l2osr_stepper_state_load(l2osr_stepper *s, const void *buffer, size_t size) {
    state_header header;
    if (s->open)
        return l2osr__fail(s->ctx, L2OSR_ESTATE, "stepper: cannot load inside a step");
    if (!buffer || size != l2osr_stepper_state_size(s))
        return l2osr__fail(s->ctx, L2OSR_EFORMAT, "stepper: a state of %zu bytes was expected",
                           l2osr_stepper_state_size(s));
    memcpy(&header, buffer, sizeof header);
    if (header.magic != state_magic || header.engine_id != s->engine.id ||
        header.precision != (uint32_t)s->precision || header.size != s->size ||
        header.planes != s->engine.planes)
        return l2osr__fail(s->ctx, L2OSR_EFORMAT,
                           "stepper: not a state of this rule, size and precision");
    memcpy(s->state, (const unsigned char *)buffer + sizeof header, state_bytes(s));
    s->step = header.step;
    return L2OSR_OK;
}
