/* SPDX-License-Identifier: MIT */
/* Formulas along trajectories: a trajectory is a coordinate of a program, its steps are the
 * program's. A row of a table is a trajectory of one step, to which windows add steps before. */
#include "sr/predict.h"

#include <string.h>

#include "data/inputs.h"
#include "expr/frame.h"

enum { CHUNK = 256 }; /* trajectories that a thread takes at a time */

typedef struct formula {
    l2osr_context *ctx;
    const l2osr_samples *samples;
    l2osr__expr expr;
    l2osr__routine routine; /* input 0 is the step; features and windows follow */
    size_t inputs, reads;   /* how many there are, and how many vectors among them are read */
    size_t before;          /* steps in front of those of the samples: the lags of windows */
    size_t first, count;    /* trajectories */
    float *out;
} formula;

/* Some of the trajectories on their way. */
typedef struct walk {
    size_t first, n;      /* first: of the samples */
    float *state;         /* [planes][CHUNK] */
    float *rows;          /* [reads][CHUNK]: what is read at a step and not side by side; else 0 */
    const float **inputs; /* [inputs] */
    double *cells;        /* of numbers that the formula remembers */
} walk;

/* ---- from a text ---- */

/* A feature or window called `t` hides the step. */
static const char *name_of_step(const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], "t") == 0)
            return "";
    return "t";
}

static void list_names(const l2osr_samples *s, const char **names) {
    const size_t count = l2osr__input_count(s);
    for (size_t i = 0; i < count; i++)
        names[1 + i] = l2osr__input_name(s, i);
    names[0] = name_of_step(names + 1, count);
}

static bool is_read(const formula *f, int32_t node) {
    return f->routine.program.slots[node].class == L2OSR__CLASS_INPUT;
}

/* Counts what is read. The longest window has as many steps before the last as it has lags. */
static void list_reads(formula *f) {
    for (int32_t i = 0; i < f->expr.count; i++) {
        if (!is_read(f, i))
            continue;
        const size_t before = l2osr__input_before(f->samples, (size_t)f->expr.nodes[i].a - 1);
        f->reads++;
        f->before = before > f->before ? before : f->before;
    }
}

static l2osr_status compile(formula *f, l2osr__source source, const l2osr__symbols *symbols) {
    L2OSR__TRY(l2osr__parse_expression(&f->expr, f->ctx, source, symbols));
    L2OSR__TRY(l2osr__routine_init(&f->routine, f->ctx,
                                   &(l2osr__program_source){.nodes = f->expr.nodes,
                                                            .values = f->expr.values,
                                                            .count = f->expr.count,
                                                            .roots = &f->expr.root,
                                                            .n_roots = 1,
                                                            .symbols = symbols,
                                                            .update = -1,
                                                            .functions = symbols->functions}));
    list_reads(f);
    return L2OSR_OK;
}

static l2osr_status formula_init(formula *f, const l2osr__equation *equation) {
    const char **names;
    f->inputs = 1 + l2osr__input_count(f->samples);
    l2osr__expr_init(&f->expr, f->ctx);
    L2OSR__TRY(l2osr__alloc_to(f->ctx, &names, f->inputs, sizeof *names + sizeof(uint8_t)));
    uint8_t *scalar = (uint8_t *)(names + f->inputs);
    scalar[0] = 1;
    list_names(f->samples, names);
    const l2osr__symbols symbols = {.names = names,
                                    .scalar = scalar,
                                    .count = f->inputs,
                                    .functions = equation->functions,
                                    .n_functions = equation->n_functions};
    l2osr_status status = compile(f, equation->source, &symbols);
    l2osr__free(f->ctx, names);
    return status;
}

static void formula_clear(formula *f) {
    l2osr__routine_clear(&f->routine, f->ctx);
    l2osr__expr_clear(&f->expr);
}

/* ---- along trajectories ---- */

static void read_inputs(const formula *f, const walk *w, size_t first, size_t n, size_t step) {
    float *row = w->rows;
    for (int32_t i = 0; i < f->expr.count; i++) {
        if (!is_read(f, i))
            continue;
        const size_t input = (size_t)f->expr.nodes[i].a;
        w->inputs[input] = l2osr__input_row(f->samples, input - 1, f->before, step, first, n, row);
        row += CHUNK;
    }
}

static void run_step(const formula *f, const walk *w, size_t step) {
    _Alignas(64) float scratch[L2OSR__SCRATCH_BYTES / sizeof(float)];
    double scalars[L2OSR__MAX_NODES];
    const double number = (double)(step + 1);
    float *out = f->out + (w->first - f->first) * f->samples->steps;
    const l2osr__moment moment = {.inputs = &number, .step = step + 1, .cells = w->cells};
    l2osr__frame_f32 frame;
    l2osr__program_scalars(&f->routine.program, &moment, 0, scalars);
    l2osr__program_remember(&f->routine.program, &moment, scalars);
    l2osr__frame_init_f32(&frame, &f->routine.code, scalars, step + 1, w->state, CHUNK, scratch, 0,
                          w->n);
    for (size_t done = 0; done < w->n; done += frame.block) {
        const size_t n = w->n - done < frame.block ? w->n - done : frame.block;
        read_inputs(f, w, w->first + done, n, step);
        l2osr__frame_run_f32(&frame, l2osr__kernels_f32_of(f->ctx), done, n, w->inputs);
        l2osr__output_row(f->samples, f->before, step, n, frame.value[f->expr.root],
                          out + done * f->samples->steps);
    }
}

static l2osr_status run_chunk(void *argument, size_t index) {
    const formula *f = argument;
    const l2osr__program *program = &f->routine.program;
    const size_t planes = (size_t)program->planes, steps = f->before + f->samples->steps;
    const size_t left = f->count - index * CHUNK;
    walk w = {.first = f->first + index * CHUNK, .n = left < CHUNK ? left : CHUNK};
    L2OSR__TRY(l2osr__alloc_to(f->ctx, &w.state, planes + f->reads, CHUNK * sizeof *w.state));
    w.rows = w.state + planes * CHUNK;
    l2osr_status status = l2osr__alloc_to(f->ctx, &w.inputs, f->inputs, sizeof *w.inputs);
    if (status == L2OSR_OK)
        status = l2osr__alloc_to(f->ctx, &w.cells, (size_t)program->cells + 1, sizeof *w.cells);
    for (size_t step = 0; status == L2OSR_OK && step < steps; step++)
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

/* ---- errors ---- */

/* Mean of the target; *sum receives the sum of the weights. What has no weight may be NaN. */
static double mean_target(const l2osr_samples *s, double *sum) {
    const float *target = s->columns[s->features];
    double weighted = 0;
    *sum = 0;
    for (size_t i = 0, row = 0; i < s->trajectories; i++)
        for (size_t step = 0; step < s->steps; step++, row++) {
            const double weight = l2osr__samples_weight(s, row);
            *sum += weight;
            weighted += weight != 0 ? weight * (double)target[i * s->stride + step] : 0;
        }
    return *sum > 0 ? weighted / *sum : 0;
}

l2osr__deviation l2osr__compare(const l2osr_samples *s, const float *predictions) {
    const float *targets = s->columns[s->features];
    double sum, residual = 0, total = 0;
    const double mean = mean_target(s, &sum);
    for (size_t i = 0, row = 0; i < s->trajectories; i++)
        for (size_t step = 0; step < s->steps; step++, row++) {
            const double weight = l2osr__samples_weight(s, row),
                         target = (double)targets[i * s->stride + step];
            const double error = target - (double)predictions[row];
            if (weight == 0)
                continue;
            residual += weight * (error * error);
            total += weight * ((target - mean) * (target - mean));
        }
    return sum > 0 ? (l2osr__deviation){residual / sum, total / sum} : (l2osr__deviation){0};
}
