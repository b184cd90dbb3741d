/* SPDX-License-Identifier: MIT */
/* Formulas along trajectories: a trajectory is a coordinate of a program, its steps are the
 * program's. A formula over windows of a table runs along these, up to now; other features have no
 * past. */
#include "analysis/predict.h"

#include <math.h>
#include <string.h>

#include "expr/frame.h"
#include "l2osr/analysis.h"

enum { CHUNK = 256 }; /* trajectories that a thread takes at a time */

typedef struct formula {
    l2osr_context *ctx;
    const l2osr_samples *samples;
    l2osr__expr expr;
    l2osr__routine routine; /* input 0 is the step, input i + 1 is feature i; then come windows */
    bool over_windows;      /* only the last step counts */
    size_t steps;           /* of a run */
    size_t first, count;    /* trajectories */
    float *out;
} formula;

/* Some of the trajectories on their way. */
typedef struct walk {
    size_t first, n;      /* first: of the samples */
    float *state;         /* [planes][CHUNK] */
    float *rows;          /* [nodes][CHUNK]: the features that nodes read, at the current step */
    const float **inputs; /* [1 + features + windows] */
    double *cells;        /* of numbers that the formula remembers */
} walk;

/* A feature or window called `t` hides the step. */
static const char *name_of_step(const l2osr_samples *samples) {
    for (size_t i = 0; i < samples->features; i++)
        if (strcmp(samples->names[i], "t") == 0)
            return "";
    for (size_t i = 0; i < samples->n_windows; i++)
        if (strcmp(samples->windows[i].name, "t") == 0)
            return "";
    return "t";
}

static size_t input_count(const l2osr_samples *samples) {
    return 1 + samples->features + samples->n_windows;
}

/* How long to run: along windows only if some are asked for. */
static void choose_steps(formula *f) {
    const l2osr_samples *s = f->samples;
    f->steps = s->steps;
    for (int32_t i = 0; i < f->expr.count; i++)
        if (f->expr.nodes[i].op == L2OSR__OP_VAR && (size_t)f->expr.nodes[i].a > s->features)
            f->over_windows = true;
    for (size_t w = 0; f->over_windows && w < s->n_windows; w++)
        f->steps = s->windows[w].length > f->steps ? s->windows[w].length : f->steps;
}

static l2osr_status compile(formula *f, l2osr__source text, const l2osr__symbols *symbols) {
    L2OSR__TRY(l2osr__parse_expression(&f->expr, f->ctx, text, symbols));
    choose_steps(f);
    return l2osr__routine_init(&f->routine, f->ctx,
                               &(l2osr__program_source){.nodes = f->expr.nodes,
                                                        .values = f->expr.values,
                                                        .count = f->expr.count,
                                                        .roots = &f->expr.root,
                                                        .n_roots = 1,
                                                        .symbols = symbols,
                                                        .functions = symbols->functions,
                                                        .update = -1});
}

static l2osr_status formula_init(formula *f, const l2osr__equation *equation) {
    const size_t features = f->samples->features, count = input_count(f->samples);
    const char **names;
    l2osr__expr_init(&f->expr, f->ctx);
    L2OSR__TRY(l2osr__alloc_to(f->ctx, &names, count, sizeof *names + sizeof(uint8_t)));
    uint8_t *scalar = (uint8_t *)(names + count);
    names[0] = name_of_step(f->samples);
    scalar[0] = 1;
    memcpy(names + 1, f->samples->names, features * sizeof *names);
    for (size_t w = 0; w < f->samples->n_windows; w++)
        names[1 + features + w] = f->samples->windows[w].name;
    const l2osr__symbols symbols = {.names = names,
                                    .scalar = scalar,
                                    .count = count,
                                    .functions = equation->functions,
                                    .n_functions = equation->n_functions};
    l2osr_status status = compile(f, equation->text, &symbols);
    l2osr__free(f->ctx, names);
    return status;
}

static void formula_clear(formula *f) {
    l2osr__routine_clear(&f->routine, f->ctx);
    l2osr__expr_clear(&f->expr);
}

/* What an input is at a step, for all trajectories; NULL: zero. */
static const float *column_at(const formula *f, int32_t input, size_t step) {
    const l2osr_samples *s = f->samples;
    const size_t index = (size_t)input - 1, lag = f->steps - 1 - step;
    if (!f->over_windows)
        return s->columns[index] + step;
    if (index < s->features)
        return lag == 0 ? s->columns[index] : NULL;
    const l2osr__window *window = &s->windows[index - s->features];
    return lag < window->length ? s->columns[window->features[lag]] : NULL;
}

/* Samples keep the steps of a trajectory side by side; a program wants the trajectories of a step.
 */
static void gather(const formula *f, const walk *w, size_t first, size_t n, size_t step) {
    const size_t stride = f->samples->stride;
    for (int32_t i = 0; i < f->routine.program.count; i++) {
        if (f->routine.program.slots[i].class != L2OSR__CLASS_INPUT)
            continue;
        const int32_t input = f->expr.nodes[i].a;
        const float *column = column_at(f, input, step);
        float *row = w->rows + (size_t)i * CHUNK;
        for (size_t k = 0; k < n; k++)
            row[k] = column ? column[(first + k) * stride] : 0;
        w->inputs[input] = row;
    }
}

static void run_step(const formula *f, const walk *w, size_t step) {
    _Alignas(64) float scratch[L2OSR__SCRATCH_BYTES / sizeof(float)];
    double scalars[L2OSR__MAX_NODES];
    const size_t now = f->over_windows ? 0 : step; /* of the samples */
    const double number = (double)(now + 1);
    const l2osr__moment moment = {.inputs = &number, .step = step + 1, .cells = w->cells};
    l2osr__frame_f32 frame;
    l2osr__program_scalars(&f->routine.program, &moment, 0, scalars);
    l2osr__program_remember(&f->routine.program, &moment, scalars);
    l2osr__frame_init_f32(&frame, &f->routine.code, scalars, step + 1, w->state, CHUNK, scratch, 0,
                          w->n);
    for (size_t done = 0; done < w->n; done += frame.block) {
        const size_t n = w->n - done < frame.block ? w->n - done : frame.block;
        gather(f, w, w->first + done, n, step);
        l2osr__frame_run_f32(&frame, l2osr__kernels_f32_of(f->ctx), done, n, w->inputs);
        const float *values = frame.value[f->expr.root];
        float *out = f->out + (w->first - f->first + done) * f->samples->steps + now;
        for (size_t k = 0; k < n; k++)
            out[k * f->samples->steps] = values[k];
    }
}

static l2osr_status run_chunk(void *argument, size_t index) {
    const formula *f = argument;
    const size_t planes = (size_t)f->routine.program.planes,
                 nodes = (size_t)f->routine.program.count;
    const size_t left = f->count - index * CHUNK;
    walk w = {.first = f->first + index * CHUNK, .n = left < CHUNK ? left : CHUNK};
    L2OSR__TRY(l2osr__alloc_to(f->ctx, &w.state, planes + nodes, CHUNK * sizeof *w.state));
    w.rows = w.state + planes * CHUNK;
    l2osr_status status =
        l2osr__alloc_to(f->ctx, &w.inputs, input_count(f->samples), sizeof *w.inputs);
    if (status == L2OSR_OK)
        status = l2osr__alloc_to(f->ctx, &w.cells, (size_t)f->routine.program.cells + 1,
                                 sizeof *w.cells);
    for (size_t step = 0; status == L2OSR_OK && step < f->steps; step++)
        run_step(f, &w, step);
    l2osr__free(f->ctx, w.inputs);
    l2osr__free(f->ctx, w.cells);
    l2osr__free(f->ctx, w.state);
    return status;
}

l2osr_status l2osr__predict(l2osr_context *ctx, const l2osr_samples *samples,
                            const l2osr__equation *equation, size_t first, size_t count,
                            float *out) {
    formula f = {.ctx = ctx, .samples = samples, .first = first, .count = count, .out = out};
    l2osr_status status = formula_init(&f, equation);
    if (status == L2OSR_OK)
        status = l2osr__parallel_for(ctx, (count - 1) / CHUNK + 1, run_chunk, &f);
    formula_clear(&f);
    return status;
}

l2osr_status l2osr_predict(l2osr_context *ctx, const l2osr_samples *samples, const char *equation,
                           float *out) {
    if (!ctx)
        return L2OSR_EINVAL;
    if (!samples || !equation || !out)
        return l2osr__fail(ctx, L2OSR_EINVAL, "predict: an argument is NULL");
    return l2osr__predict(ctx, samples, &(l2osr__equation){.text = {"equation", equation}}, 0,
                          samples->trajectories, out);
}

static double weight_of(const l2osr_samples *s, size_t trajectory, size_t step) {
    return s->weights ? (double)s->weights[trajectory * s->steps + step] : 1;
}

l2osr__deviation l2osr__compare(const l2osr_samples *s, const float *predictions) {
    const float *targets = s->columns[s->features];
    double rows = 0, mean = 0, residual = 0, total = 0;
    for (size_t i = 0; i < s->trajectories; i++)
        for (size_t step = 0; step < s->steps; step++) {
            rows += weight_of(s, i, step);
            mean += weight_of(s, i, step) * (double)targets[i * s->stride + step];
        }
    rows = rows > 0 ? rows : 1; /* nothing counts: both are 0 */
    mean /= rows;
    for (size_t i = 0; i < s->trajectories; i++)
        for (size_t step = 0; step < s->steps; step++) {
            const double target = (double)targets[i * s->stride + step];
            const double error = target - (double)predictions[i * s->steps + step];
            residual += weight_of(s, i, step) * error * error;
            total += weight_of(s, i, step) * (target - mean) * (target - mean);
        }
    return (l2osr__deviation){.mse = residual / rows, .variance = total / rows};
}

static l2osr_status check_finite(l2osr_context *ctx, const l2osr_samples *s,
                                 const float *predictions) {
    for (size_t k = 0; k < s->trajectories * s->steps; k++)
        if (!isfinite(predictions[k]))
            return l2osr__fail(
                ctx, L2OSR_ENONFINITE, "r2: the prediction for trajectory %zu, step %zu is %s",
                k / s->steps, k % s->steps, isnan(predictions[k]) ? "NaN" : "infinite");
    return L2OSR_OK;
}

static l2osr_status score(l2osr_context *ctx, const l2osr_samples *s, const float *predictions,
                          double *r2) {
    const l2osr__deviation deviation = l2osr__compare(s, predictions);
    L2OSR__TRY(check_finite(ctx, s, predictions));
    if (deviation.variance == 0)
        return l2osr__fail(ctx, L2OSR_EINVAL, "r2: the target is the same everywhere");
    *r2 = 1 - deviation.mse / deviation.variance;
    return L2OSR_OK;
}

l2osr_status l2osr_r2(l2osr_context *ctx, const l2osr_samples *samples, const char *equation,
                      double *r2) {
    float *predictions;
    if (!ctx)
        return L2OSR_EINVAL;
    if (!samples || !equation || !r2)
        return l2osr__fail(ctx, L2OSR_EINVAL, "r2: an argument is NULL");
    L2OSR__TRY(l2osr__alloc_to(ctx, &predictions, samples->trajectories,
                               samples->steps * sizeof *predictions));
    l2osr_status status = l2osr_predict(ctx, samples, equation, predictions);
    if (status == L2OSR_OK)
        status = score(ctx, samples, predictions, r2);
    l2osr__free(ctx, predictions);
    return status;
}
