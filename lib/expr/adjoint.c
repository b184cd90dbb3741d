/* SPDX-License-Identifier: MIT */
#include "expr/adjoint.h"

#include <string.h>

#define T       double
#define F(name) name##_f64
#include "vec/rows.inc"
#undef T
#undef F

l2osr_status l2osr__adjoint_init(l2osr__adjoint *a, l2osr_context *ctx,
                                 const l2osr__program *program, const int32_t *roots,
                                 int32_t n_roots, size_t inputs) {
    const l2osr__code_goal goal = {.roots = roots, .n_roots = n_roots};
    *a = (l2osr__adjoint){.ctx = ctx, .program = program, .inputs = inputs};
    L2OSR__TRY(l2osr__program_check_separable(program, ctx));
    L2OSR__TRY(l2osr__code_init(&a->code, ctx, program->count));
    l2osr__code_build(&a->code, program, &goal, NULL);
    return L2OSR_OK;
}

void l2osr__adjoint_clear(l2osr__adjoint *a) {
    if (a->ctx)
        l2osr__code_clear(&a->code, a->ctx);
    *a = (l2osr__adjoint){0};
}

static size_t planes_of(const l2osr__adjoint *a) {
    return (size_t)a->program->planes;
}

size_t l2osr__adjoint_scratch(const l2osr__adjoint *a) {
    const size_t rows = 2 * a->inputs + 3 * planes_of(a) + 2 * (size_t)a->program->count;
    return rows * L2OSR__LANES;
}

static double *row(double *rows, size_t index) {
    return rows + index * L2OSR__LANES;
}

static double *take(double **next, size_t rows) {
    double *at = *next;
    *next = row(at, rows);
    return at;
}

static void add(double *out, const double *a) {
    for (size_t i = 0; i < L2OSR__LANES; i++)
        out[i] += a[i];
}

/* The plane that holds the value of `slot` of `lag` steps before the step; 0: where it will go. */
static size_t ring_plane(const l2osr__adjoint_panel *p, const l2osr__slot *slot, uint64_t lag) {
    return (size_t)slot->ring_plane + (p->step->number + slot->ring - lag) % slot->ring;
}

static size_t past_plane(const l2osr__adjoint_panel *p, int32_t i) {
    const l2osr__program *program = p->adjoint->program;
    const l2osr__slot *source = &program->slots[program->slots[i].source];
    return program->slots[i].previous ? (size_t)source->plane
                                      : ring_plane(p, source, program->nodes[i].lag);
}

/* Nodes that stand for rows which are there already. */
static void point(l2osr__adjoint_panel *p, int32_t i) {
    const l2osr__program *program = p->adjoint->program;
    const l2osr__slot *slot = &program->slots[i];
    const size_t input = (size_t)program->nodes[i].a;
    if (slot->class == L2OSR__CLASS_INPUT && input < p->adjoint->inputs) {
        p->value[i] = row(p->inputs, input);
        p->bar[i] = row(p->inputbars, input);
    } else if (slot->class == L2OSR__CLASS_LAG) {
        p->value[i] = row(p->state, past_plane(p, i));
        p->bar[i] = row(p->before, past_plane(p, i));
    } else if (slot->class == L2OSR__CLASS_MEMORY) {
        p->past[i] = row(p->state, (size_t)slot->plane);
        p->pastbar[i] = row(p->before, (size_t)slot->plane);
    }
}

/* Fills the tables, and writes out the numbers of the step that vectors read. */
static void point_all(l2osr__adjoint_panel *p, double *values, double *bars) {
    const l2osr__program *program = p->adjoint->program;
    for (int32_t i = 0; i < program->count; i++) {
        p->value[i] = row(values, (size_t)i);
        p->bar[i] = row(bars, (size_t)i);
        point(p, i);
        if (program->slots[i].broadcast)
            for (size_t j = 0; j < L2OSR__LANES; j++)
                p->value[i][j] = p->step->numbers[i];
    }
}

/* Lanes past n are zero. */
static void load(l2osr__adjoint_panel *p) {
    const l2osr__adjoint_step *s = p->step;
    for (size_t i = 0; i < p->adjoint->inputs; i++)
        load_f64(row(p->inputs, i), 1, s->inputs[i] + p->first, s->stride, p->n);
    load_f64(p->state, planes_of(p->adjoint), s->state + p->first, s->stride, p->n);
    load_f64(p->after, planes_of(p->adjoint), s->statebar + p->first, s->stride, p->n);
}

void l2osr__adjoint_begin(l2osr__adjoint_panel *p, const l2osr__adjoint *a,
                          const l2osr__adjoint_step *step, size_t first, size_t n,
                          double *scratch) {
    const size_t planes = planes_of(a), nodes = (size_t)a->program->count;
    double *next = scratch;
    p->adjoint = a;
    p->step = step;
    p->first = first;
    p->n = n;
    p->inputbars = take(&next, a->inputs);
    p->before = take(&next, planes);
    double *bars = take(&next, nodes);
    memset(scratch, 0, (size_t)(next - scratch) * sizeof *scratch);
    p->inputs = take(&next, a->inputs);
    p->state = take(&next, planes);
    p->after = take(&next, planes);
    load(p);
    point_all(p, next, bars);
    l2osr__code_run_f64(&a->code, l2osr__kernels_f64_of(a->ctx), L2OSR__LANES, step->numbers,
                        p->value, p->past);
}

/* What reached the state after the step: the new value of a memory, the latest of a ring, whose
 * other planes stay as they were. */
static void from_state(l2osr__adjoint_panel *p) {
    const l2osr__code *code = &p->adjoint->code;
    const l2osr__program *program = code->program;
    for (int32_t i = 0; i < program->count; i++)
        if (program->slots[i].class == L2OSR__CLASS_MEMORY)
            add(p->bar[i], row(p->after, (size_t)program->slots[i].plane));
    for (int32_t k = 0; k < code->kept_count; k++) {
        const l2osr__slot *slot = &program->slots[code->kept[k]];
        const size_t latest = ring_plane(p, slot, 0), end = (size_t)slot->ring_plane + slot->ring;
        add(p->bar[code->kept[k]], row(p->after, latest));
        for (size_t r = (size_t)slot->ring_plane; r < end; r++)
            if (r != latest)
                add(row(p->before, r), row(p->after, r));
    }
}

static void store(const l2osr__adjoint_panel *p) {
    const l2osr__adjoint_step *s = p->step;
    for (size_t i = 0; i < p->adjoint->inputs; i++)
        store_f64(s->inputbars[i] + p->first, s->stride, row(p->inputbars, i), 1, p->n);
    store_f64(s->statebar + p->first, s->stride, p->before, planes_of(p->adjoint), p->n);
}

static void sum_numbers(const l2osr__adjoint_panel *p, const l2osr__kernels_f64 *kernels,
                        double *sums) {
    const l2osr__program *program = p->adjoint->program;
    for (int32_t k = 0; k < program->scalar_count; k++)
        sums[program->scalars[k]] += kernels->sum(p->n, p->bar[program->scalars[k]]);
}

void l2osr__adjoint_finish(l2osr__adjoint_panel *p, double *sums) {
    const l2osr__kernels_f64 *kernels = l2osr__kernels_f64_of(p->adjoint->ctx);
    from_state(p);
    l2osr__program_reverse_f64(p->adjoint->program, kernels, L2OSR__LANES, p->step->numbers,
                               p->value, p->past, p->bar, p->pastbar);
    store(p);
    if (sums)
        sum_numbers(p, kernels, sums);
}
