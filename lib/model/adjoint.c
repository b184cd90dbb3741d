/* SPDX-License-Identifier: MIT */
#include "model/adjoint.h"

#include <string.h>

#include "model/model_state.h"
#include "rule/rule.h"

#define T       double
#define F(name) name##_f64
#include "vec/rows.inc"
#undef T
#undef F

/* A panel on its way. */
typedef struct panel {
    const l2osr__model_adjoint *a;
    const l2osr__model_adjoint_step *s;
    size_t first, n;
    double *earlier, *record; /* of the network: h and c before the step, and the step */
    double *work, *ubar, *statebar, *featurebars;
    l2osr__adjoint_panel features;
} panel;

l2osr_status l2osr__model_adjoint_init(l2osr__model_adjoint *a, l2osr_context *ctx,
                                       const l2osr_model *m) {
    *a = (l2osr__model_adjoint){.model = m};
    return l2osr__adjoint_init(&a->features, ctx, &m->routine.program, m->features,
                               (int32_t)m->net.shape.features, L2OSR__INPUT_X + 1);
}

void l2osr__model_adjoint_clear(l2osr__model_adjoint *a) {
    l2osr__adjoint_clear(&a->features);
}

static size_t feature_planes(const l2osr__model_adjoint *a) {
    return (size_t)a->model->routine.program.planes;
}

static size_t network_rows(const l2osr__network *net) {
    return 3 * net->rows + 1 + net->states + net->shape.features;
}

size_t l2osr__model_adjoint_scratch(const l2osr__model_adjoint *a) {
    return network_rows(&a->model->net) * L2OSR__LANES + l2osr__adjoint_scratch(&a->features);
}

static double *row(double *rows, size_t index) {
    return rows + index * L2OSR__LANES;
}

/* Lanes past n are zero everywhere. */
static void begin(panel *p, double *scratch) {
    const l2osr__network *net = &p->a->model->net;
    const l2osr__adjoint_step *s = &p->s->features;
    const size_t planes = feature_planes(p->a);
    memset(scratch, 0, network_rows(net) * L2OSR__LANES * sizeof *scratch);
    p->earlier = scratch;
    p->record = row(p->earlier, net->rows);
    p->work = row(p->record, net->rows);
    p->ubar = row(p->work, net->rows);
    p->statebar = row(p->ubar, 1);
    p->featurebars = row(p->statebar, net->states);
    load_f64(p->ubar, 1, p->s->ubar + p->first, s->stride, p->n);
    load_f64(p->statebar, net->states, s->statebar + planes * s->stride + p->first, s->stride,
             p->n);
    l2osr__adjoint_begin(&p->features, &p->a->features, s, p->first, p->n,
                         row(p->featurebars, net->shape.features));
}

/* Runs the step again, keeping all values. */
static void forward(panel *p, const l2osr__kernels_f64 *kernels) {
    const l2osr_model *m = p->a->model;
    const l2osr__adjoint_step *s = &p->s->features;
    const double *planes = s->state + feature_planes(p->a) * s->stride + p->first;
    double *input = row(p->record, m->net.input);
    for (size_t f = 0; f < m->net.shape.features; f++)
        load_f64(row(input, f), 1, p->features.value[m->features[f]], 0, p->n);
    l2osr__model_load_f64(m, p->earlier, planes, s->stride, p->n);
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
        kernels->panel_adjoint(net->shape.pre, depth, p->featurebars,
                               m->packed_f64 + net->pre_weights, depth + 1,
                               row(p->record, net->pre_adjoint));
    else
        kernels->panel_adjoint(4 * layer->hidden, depth, p->featurebars,
                               m->packed_f64 + layer->weights, depth + layer->hidden + 1,
                               row(p->record, layer->gates));
    for (size_t f = 0; f < depth; f++)
        for (size_t i = 0; i < L2OSR__LANES; i++)
            p->features.bar[m->features[f]][i] += row(p->featurebars, f)[i];
}

void l2osr__model_adjoint_run(const l2osr__model_adjoint *a, const l2osr__model_adjoint_step *step,
                              size_t first, size_t n, double *scratch, double *packed) {
    const l2osr_model *m = a->model;
    const l2osr__kernels_f64 *kernels = l2osr__kernels_f64_of(m->ctx);
    const l2osr__adjoint_step *s = &step->features;
    panel p;
    p.a = a; /* the tables are large, and filled below */
    p.s = step;
    p.first = first;
    p.n = n;
    begin(&p, scratch);
    forward(&p, kernels);
    store_f64(step->u + first, s->stride, row(p.record, m->net.out), 1, n);
    l2osr__network_backward_f64(&m->net, kernels, m->packed_f64, p.earlier, p.record, p.ubar,
                                p.statebar, p.work);
    l2osr__network_gradient_f64(&m->net, kernels, p.earlier, 1, packed);
    to_features(&p, kernels);
    l2osr__adjoint_finish(&p.features, NULL);
    store_f64(s->statebar + feature_planes(a) * s->stride + first, s->stride, p.statebar,
              m->net.states, n);
}
