/* SPDX-License-Identifier: MIT */
/* Making steppers, and the frame of a step. */
#include "rule/stepper.h"

#include <math.h>
#include <string.h>

void l2osr_stepper_options_init(l2osr_stepper_options *o, size_t size) {
    l2osr__options_init(o, size);
    o->precision = L2OSR_F32;
}

void l2osr_step_args_init(l2osr_step_args *a, size_t size) {
    const l2osr_step_args defaults = L2OSR_STEP_ARGS_INIT;
    l2osr__options_init(a, size);
    a->lr = defaults.lr;
    if (size >= sizeof defaults)
        a->weight_decay = defaults.weight_decay;
}

size_t l2osr__stepper_width(const l2osr_stepper *s) {
    return s->precision == L2OSR_F64 ? sizeof(double) : sizeof(float);
}

size_t l2osr__stepper_planes_bytes(const l2osr_stepper *s) {
    return s->size * s->engine.planes * l2osr__stepper_width(s);
}

size_t l2osr__stepper_cells_bytes(const l2osr_stepper *s) {
    return s->groups * s->engine.cells * sizeof *s->cells;
}

/* ---- creation ---- */

static l2osr_status check_options(l2osr_context *ctx, size_t segments,
                                  const l2osr_stepper_options *o) {
    if (o->precision != 0 && o->precision != L2OSR_F32 && o->precision != L2OSR_F64)
        return l2osr__fail(ctx, L2OSR_EINVAL, "stepper: precision must be L2OSR_F32 or L2OSR_F64");
    if (o->nonfinite < L2OSR_NONFINITE_SKIP || o->nonfinite > L2OSR_NONFINITE_PROPAGATE)
        return l2osr__fail(ctx, L2OSR_EINVAL, "stepper: unknown policy %d for values that are not "
                                              "finite", (int)o->nonfinite);
    for (size_t i = 0; i < segments; i++)
        if ((o->lr_mult && !isfinite(o->lr_mult[i])) || (o->wd_mult && !isfinite(o->wd_mult[i])))
            return l2osr__fail(ctx, L2OSR_EINVAL, "stepper: multiplier of segment %zu is not finite",
                               i);
    return L2OSR_OK;
}

static l2osr_status measure(l2osr_context *ctx, size_t segments, const size_t *lengths,
                            size_t *size) {
    *size = 0;
    if (segments > 0 && !lengths)
        return l2osr__fail(ctx, L2OSR_EINVAL, "stepper: lengths is NULL");
    for (size_t i = 0; i < segments; i++)
        if (__builtin_add_overflow(*size, lengths[i], size))
            return l2osr__fail(ctx, L2OSR_ERANGE, "stepper: segment %zu is too large", i);
    return L2OSR_OK;
}

/* Segments are groups of their own only where that makes a difference: fewer are faster. */
static void place_groups(l2osr_stepper *s, const size_t *lengths, const l2osr_stepper_options *o) {
    for (size_t i = 0; i < s->groups; i++) {
        s->sizes[i] = s->groups > 1 ? lengths[i] : s->size;
        s->offsets[i + 1] = s->offsets[i] + s->sizes[i];
        s->chunks[i + 1] = s->chunks[i] + l2osr__pieces(s->sizes[i], s->engine.chunk);
        s->blocks[i + 1] = s->blocks[i] + l2osr__pieces(s->sizes[i], L2OSR__REDUCE_BLOCK);
        s->lr_mult[i] = o->lr_mult ? o->lr_mult[i] : 1;
        s->wd_mult[i] = o->wd_mult ? o->wd_mult[i] : 1;
    }
}

static l2osr_status allocate_groups(l2osr_stepper *s) {
    const size_t n = s->groups + 1;
    L2OSR__TRY(l2osr__alloc_to(s->ctx, &s->sizes, n, sizeof *s->sizes));
    L2OSR__TRY(l2osr__alloc_to(s->ctx, &s->offsets, n, sizeof *s->offsets));
    L2OSR__TRY(l2osr__alloc_to(s->ctx, &s->chunks, n, sizeof *s->chunks));
    L2OSR__TRY(l2osr__alloc_to(s->ctx, &s->blocks, n, sizeof *s->blocks));
    L2OSR__TRY(l2osr__alloc_to(s->ctx, &s->lr_mult, n, sizeof(double)));
    L2OSR__TRY(l2osr__alloc_to(s->ctx, &s->wd_mult, n, sizeof(double)));
    L2OSR__TRY(l2osr__alloc_to(s->ctx, &s->lr, n, sizeof(double)));
    L2OSR__TRY(l2osr__alloc_to(s->ctx, &s->wd, n, sizeof(double)));
    return l2osr__alloc_to(s->ctx, &s->cells, n, (s->engine.cells + 1) * sizeof(double));
}

static l2osr_status fill(l2osr_stepper *s, const size_t *lengths, const l2osr_stepper_options *o) {
    size_t numbers, bytes;
    if (__builtin_mul_overflow(s->size, s->engine.planes, &numbers) ||
        __builtin_mul_overflow(numbers, sizeof(double), &bytes))
        return l2osr__fail(s->ctx, L2OSR_ERANGE, "stepper: state is too large");
    L2OSR__TRY(allocate_groups(s));
    place_groups(s, lengths, o);
    L2OSR__TRY(l2osr__alloc_to(s->ctx, &s->partials, s->engine.reductions + 1,
                               (s->blocks[s->groups] + 1) * sizeof(double)));
    L2OSR__TRY(l2osr__alloc_to(s->ctx, &s->state, numbers, l2osr__stepper_width(s)));
    s->step = (l2osr__step){.groups = s->groups,
                            .sizes = s->sizes,
                            .lr = s->lr,
                            .wd = s->wd,
                            .cells = s->cells,
                            .blocks = s->blocks,
                            .partials = s->partials};
    return s->engine.class->prepare(s->engine.self, s->groups);
}

static l2osr_status create(l2osr_stepper *s, size_t segments, const size_t *lengths,
                           const l2osr_stepper_options *options) {
    l2osr_stepper_options o;
    L2OSR__TRY(l2osr__options_copy(s->ctx, &o, sizeof o, options, "stepper options"));
    L2OSR__TRY(measure(s->ctx, segments, lengths, &s->size));
    L2OSR__TRY(check_options(s->ctx, segments, &o));
    s->precision = o.precision == L2OSR_F64 ? L2OSR_F64 : L2OSR_F32;
    s->policy = o.nonfinite;
    s->groups = s->engine.grouped || o.lr_mult || o.wd_mult ? segments : 1;
    return fill(s, lengths, &o);
}

l2osr_status l2osr__stepper_create(l2osr_stepper **out, l2osr_context *ctx, l2osr__engine engine,
                                   size_t segments, const size_t *lengths,
                                   const l2osr_stepper_options *options) {
    l2osr_stepper *s;
    l2osr_status status = l2osr__alloc_to(ctx, &s, 1, sizeof *s);
    if (status != L2OSR_OK) {
        engine.class->free(engine.self);
        return status;
    }
    s->ctx = ctx;
    s->engine = engine;
    s->kernels_f32 = l2osr__kernels_f32_of(ctx);
    s->kernels_f64 = l2osr__kernels_f64_of(ctx);
    atomic_init(&s->first_error, L2OSR_OK);
    atomic_init(&s->refused, 0);
    status = create(s, segments, lengths, options);
    if (status == L2OSR_OK)
        *out = s;
    else
        l2osr_stepper_free(s);
    return status;
}

void l2osr_stepper_free(l2osr_stepper *s) {
    if (!s)
        return;
    s->engine.class->free(s->engine.self);
    void *const parts[] = {s->sizes, s->offsets, s->chunks, s->blocks,   s->lr_mult, s->wd_mult,
                           s->lr,    s->wd,      s->cells,  s->partials, s->state};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        l2osr__free(s->ctx, parts[i]);
    l2osr__free(s->ctx, s);
}

/* ---- what it is ---- */

size_t l2osr_stepper_size(const l2osr_stepper *s) {
    return s->size;
}

uint64_t l2osr_stepper_count(const l2osr_stepper *s) {
    return s->count;
}

size_t l2osr_stepper_refused(const l2osr_stepper *s) {
    return atomic_load_explicit(&s->refused, memory_order_relaxed);
}

void *l2osr__stepper_state(const l2osr_stepper *s) {
    return s->state;
}

void l2osr_stepper_reset(l2osr_stepper *s) {
    memset(s->state, 0, l2osr__stepper_planes_bytes(s));
    memset(s->cells, 0, l2osr__stepper_cells_bytes(s));
    s->count = 0;
    s->open = false;
    atomic_store_explicit(&s->refused, 0, memory_order_relaxed);
}

/* ---- a step ---- */

/* An older caller does not know about weight decay, and means the rule's. */
static l2osr_status read_args(l2osr_stepper *s, const l2osr_step_args *args, l2osr_step_args *a) {
    *a = (l2osr_step_args)L2OSR_STEP_ARGS_INIT;
    if (args)
        L2OSR__TRY(l2osr__options_copy(s->ctx, a, sizeof *a, args, "step arguments"));
    if (args && args->struct_size < offsetof(l2osr_step_args, weight_decay) + sizeof a->weight_decay)
        a->weight_decay = -1;
    if (!isfinite(a->lr) || !isfinite(a->grad_scale) || !isfinite(a->weight_decay))
        return l2osr__fail(s->ctx, L2OSR_EINVAL,
                           "stepper: lr, weight_decay and grad_scale must be finite");
    return L2OSR_OK;
}

l2osr_status l2osr_stepper_begin(l2osr_stepper *s, const l2osr_step_args *args) {
    l2osr_step_args a;
    if (s->open)
        return l2osr__fail(s->ctx, L2OSR_ESTATE, "stepper: begin without an end before it");
    L2OSR__TRY(read_args(s, args, &a));
    const double lr = a.lr >= 0 ? a.lr : s->engine.default_lr;
    const double wd = a.weight_decay >= 0 ? a.weight_decay : s->engine.default_wd;
    for (size_t i = 0; i < s->groups; i++) {
        s->lr[i] = lr * s->lr_mult[i];
        s->wd[i] = wd * s->wd_mult[i];
    }
    s->open = true;
    s->pass = 0;
    s->step.number = ++s->count;
    s->grad_scale = a.grad_scale != 0 ? a.grad_scale : 1;
    atomic_store_explicit(&s->first_error, L2OSR_OK, memory_order_relaxed);
    s->engine.class->begin(s->engine.self, &s->step);
    return L2OSR_OK;
}

l2osr_status l2osr_stepper_reduced(l2osr_stepper *s) {
    if (!s->open || s->pass >= s->engine.passes)
        return l2osr__fail(s->ctx, L2OSR_ESTATE, "stepper: no reduction pass to end here");
    s->engine.class->combine(s->engine.self, &s->step, s->pass++);
    return L2OSR_OK;
}

l2osr_status l2osr_stepper_end(l2osr_stepper *s) {
    if (!s->open)
        return l2osr__fail(s->ctx, L2OSR_ESTATE, "stepper: end without a begin");
    s->open = false;
    const l2osr_status status =
        (l2osr_status)atomic_load_explicit(&s->first_error, memory_order_relaxed);
    return status == L2OSR_OK ? status : l2osr__fail(s->ctx, status, "%s", s->error_text);
}
