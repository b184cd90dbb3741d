/* SPDX-License-Identifier: MIT */
#include "model/adjoint.h"

#include <string.h>

#include "model/model_state.h"
#include "rule/rule.h"

#define T       double
#define F(name) name##_f64
#include "model/rows.inc"
#undef T
#undef F

/* A panel on its way. Tables have one row of L2OSR__LANES numbers for each node of the features;
 * the state before the step and what reaches it are rows in the order of the planes. */
typedef struct panel {
    const l2osr__adjoint *a;
    const l2osr__adjoint_step *s;
    size_t first, n;
    double *earlier, *record; /* of the network: h and c before the step, and the step */
    double *work, *du, *g, *x, *dg, *dx, *dfeatures;
    double *state;   /* [planes of the features] */
    double *after;   /* [planes]: adjoints of the state after the step */
    double *before;  /* [planes of the features]: of that before it */
    double *nowhere; /* takes the adjoints of what counts as constant */
    double *value[L2OSR__MAX_NODES], *past[L2OSR__MAX_NODES];
    double *adjoint[L2OSR__MAX_NODES], *past_adjoint[L2OSR__MAX_NODES];
} panel;

l2osr_status l2osr__adjoint_init(l2osr__adjoint *a, l2osr_context *ctx, const l2osr_model *m) {
    const l2osr__program *program = &m->routine.program;
    const l2osr__code_goal goal = {.roots = m->features, .n_roots = (int32_t)m->net.shape.features};
    *a = (l2osr__adjoint){.ctx = ctx, .model = m};
    L2OSR__TRY(l2osr__code_init(&a->code, ctx, program->count));
    l2osr__code_build(&a->code, program, &goal, NULL);
    return L2OSR_OK;
}

void l2osr__adjoint_clear(l2osr__adjoint *a) {
    if (a->ctx)
        l2osr__code_clear(&a->code, a->ctx);
    *a = (l2osr__adjoint){0};
}

static size_t feature_planes(const l2osr__adjoint *a) {
    return (size_t)a->model->routine.program.planes;
}

static size_t node_count(const l2osr__adjoint *a) {
    return (size_t)a->model->routine.program.count;
}

enum { SINGLE_ROWS = 6 }; /* du, g, x, dg, dx, nowhere */

size_t l2osr__adjoint_scratch(const l2osr__adjoint *a) {
    const l2osr__network *net = &a->model->net;
    const size_t rows = 3 * net->rows + SINGLE_ROWS + net->shape.features + 3 * feature_planes(a) +
                        net->states + 2 * node_count(a);
    return rows * L2OSR__LANES;
}

static double *take(double **next, size_t rows) {
    double *at = *next;
    *next += rows * L2OSR__LANES;
    return at;
}

static double *row(double *rows, size_t index) {
    return rows + index * L2OSR__LANES;
}

static void add(double *out, const double *a) {
    for (size_t i = 0; i < L2OSR__LANES; i++)
        out[i] += a[i];
}

/* The plane that holds the value of `slot` of `lag` steps before the step; 0: where it will go. */
static size_t ring_plane(const panel *p, const l2osr__slot *slot, uint64_t lag) {
    return (size_t)slot->ring_plane + (p->s->number + slot->ring - lag) % slot->ring;
}

static size_t past_plane(const panel *p, int32_t i) {
    const l2osr__program *program = p->a->code.program;
    const l2osr__slot *source = &program->slots[program->slots[i].source];
    return program->slots[i].previous ? (size_t)source->plane
                                      : ring_plane(p, source, program->nodes[i].lag);
}

static void point_input(panel *p, int32_t i) {
    const bool is_x = p->a->code.program->nodes[i].a == L2OSR__INPUT_X;
    p->value[i] = is_x ? p->x : p->g;
    p->adjoint[i] = is_x ? p->dx : p->dg;
}

static void point_lag(panel *p, int32_t i) {
    p->value[i] = row(p->state, past_plane(p, i));
    p->adjoint[i] = row(p->before, past_plane(p, i));
}

/* Fills the tables, and writes out the numbers of the step that vectors read. */
static void point(panel *p, double **next) {
    const l2osr__program *program = p->a->code.program;
    for (int32_t i = 0; i < program->count; i++) {
        const l2osr__slot *slot = &program->slots[i];
        p->value[i] = take(next, 1);
        p->adjoint[i] = take(next, 1);
        if (slot->class == L2OSR__CLASS_INPUT)
            point_input(p, i);
        else if (slot->class == L2OSR__CLASS_LAG)
            point_lag(p, i);
        else if (slot->class == L2OSR__CLASS_SCALAR)
            p->adjoint[i] = p->nowhere;
        if (slot->class == L2OSR__CLASS_MEMORY) {
            p->past[i] = row(p->state, (size_t)slot->plane);
            p->past_adjoint[i] = row(p->before, (size_t)slot->plane);
        }
        if (slot->broadcast)
            for (size_t j = 0; j < L2OSR__LANES; j++)
                p->value[i][j] = p->s->scalars[i];
    }
}

/* Lanes past n are zero everywhere. */
static void begin(panel *p, double *scratch) {
    const l2osr__network *net = &p->a->model->net;
    const size_t planes = feature_planes(p->a), stride = p->s->stride;
    double *next = scratch;
    memset(scratch, 0, l2osr__adjoint_scratch(p->a) * sizeof *scratch);
    p->earlier = take(&next, net->rows);
    p->record = take(&next, net->rows);
    p->work = take(&next, net->rows);
    p->dfeatures = take(&next, net->shape.features);
    double **const single[SINGLE_ROWS] = {&p->du, &p->g, &p->x, &p->dg, &p->dx, &p->nowhere};
    for (size_t i = 0; i < SINGLE_ROWS; i++)
        *single[i] = take(&next, 1);
    p->state = take(&next, planes);
    p->before = take(&next, planes);
    p->after = take(&next, planes + net->states);
    load_f64(p->du, 1, p->s->du + p->first, stride, p->n);
    load_f64(p->g, 1, p->s->g + p->first, stride, p->n);
    load_f64(p->x, 1, p->s->x + p->first, stride, p->n);
    load_f64(p->state, planes, p->s->state + p->first, stride, p->n);
    load_f64(p->after, planes + net->states, p->s->dstate + p->first, stride, p->n);
    point(p, &next);
}

/* Runs the step again, keeping all values. */
static void forward(panel *p, const l2osr__kernels_f64 *kernels) {
    const l2osr_model *m = p->a->model;
    const double *planes = p->s->state + feature_planes(p->a) * p->s->stride + p->first;
    double *input = row(p->record, m->net.input);
    l2osr__code_run_f64(&p->a->code, kernels, L2OSR__LANES, p->s->scalars, p->value, p->past);
    for (size_t f = 0; f < m->net.shape.features; f++)
        load_f64(row(input, f), 1, p->value[m->features[f]], 0, p->n);
    l2osr__model_load_f64(m, p->earlier, planes, p->s->stride, p->n);
    l2osr__network_forward_f64(&m->net, kernels, m->packed_f64, p->earlier, p->record);
}

/* After the network went backwards, its first map has its adjoints in the record: what is left is
 * to go through that map. */
static void to_features(panel *p, const l2osr__kernels_f64 *kernels) {
    const l2osr_model *m = p->a->model;
    const l2osr__network *net = &m->net;
    const l2osr__layer *layer = &net->layer[0];
    const size_t depth = net->shape.features;
    if (net->shape.pre > 0)
        kernels->panel_adjoint(net->shape.pre, depth, p->dfeatures,
                               m->packed_f64 + net->pre_weights, depth + 1,
                               row(p->record, net->pre_adjoint));
    else
        kernels->panel_adjoint(4 * layer->hidden, depth, p->dfeatures,
                               m->packed_f64 + layer->weights, depth + layer->hidden + 1,
                               row(p->record, layer->gates));
    for (size_t f = 0; f < depth; f++)
        add(p->adjoint[m->features[f]], row(p->dfeatures, f));
}

/* What reached the state after the step: the new value of a memory, the latest of a ring, whose
 * other planes stay as they were. */
static void from_state(panel *p) {
    const l2osr__code *code = &p->a->code;
    const l2osr__program *program = code->program;
    for (int32_t i = 0; i < program->count; i++)
        if (program->slots[i].class == L2OSR__CLASS_MEMORY)
            add(p->adjoint[i], row(p->after, (size_t)program->slots[i].plane));
    for (int32_t k = 0; k < code->kept_count; k++) {
        const l2osr__slot *slot = &program->slots[code->kept[k]];
        const size_t latest = ring_plane(p, slot, 0), end = (size_t)slot->ring_plane + slot->ring;
        add(p->adjoint[code->kept[k]], row(p->after, latest));
        for (size_t r = (size_t)slot->ring_plane; r < end; r++)
            if (r != latest)
                add(row(p->before, r), row(p->after, r));
    }
}

static void finish(panel *p) {
    const size_t planes = feature_planes(p->a), stride = p->s->stride;
    double *network = p->s->dstate + planes * stride + p->first;
    store_f64(p->s->dg + p->first, stride, p->dg, 1, p->n);
    store_f64(p->s->dx + p->first, stride, p->dx, 1, p->n);
    store_f64(p->s->dstate + p->first, stride, p->before, planes, p->n);
    store_f64(network, stride, row(p->after, planes), p->a->model->net.states, p->n);
}

void l2osr__adjoint_run(const l2osr__adjoint *a, const l2osr__adjoint_step *step, size_t first,
                        size_t n, double *scratch, double *packed) {
    const l2osr__kernels_f64 *kernels = l2osr__kernels_f64_of(a->ctx);
    const l2osr_model *m = a->model;
    panel p;
    p.a = a; /* the tables are large, and filled below */
    p.s = step;
    p.first = first;
    p.n = n;
    begin(&p, scratch);
    forward(&p, kernels);
    store_f64(step->u + first, step->stride, row(p.record, m->net.out), 1, n);
    l2osr__network_backward_f64(&m->net, kernels, m->packed_f64, p.earlier, p.record, p.du,
                                row(p.after, feature_planes(a)), p.work);
    l2osr__network_gradient_f64(&m->net, kernels, p.earlier, 1, packed);
    to_features(&p, kernels);
    from_state(&p);
    l2osr__program_reverse_f64(a->code.program, kernels, L2OSR__LANES, step->scalars, p.value,
                               p.past, p.adjoint, p.past_adjoint);
    finish(&p);
}
