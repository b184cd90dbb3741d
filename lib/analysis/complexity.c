/* SPDX-License-Identifier: MIT */
/* Complexity studies: formulas come in and are measured. */
#include "analysis/complexity.h"

#include <math.h>

#include "analysis/field.h"
#include "analysis/mapping.h"
#include "sr/front.h"

/* A front on its way into a study. */
typedef struct arrival {
    l2osr_complexity *study;
    const l2osr_front *front;
    l2osr__complexity_run *run;
    size_t number;
    float *predictions; /* [trajectories][steps] */
} arrival;

l2osr_status l2osr_complexity_create(l2osr_complexity **out, l2osr_context *ctx,
                                     const l2osr_samples *samples,
                                     const l2osr_field_options *options) {
    l2osr_field_options o;
    if (!ctx || !out)
        return L2OSR_EINVAL;
    *out = NULL;
    if (!samples)
        return l2osr__fail(ctx, L2OSR_EINVAL, "complexity: samples is NULL");
    L2OSR__TRY(l2osr__options_copy(ctx, &o, sizeof o, options, "field options"));
    L2OSR__TRY(l2osr__field_prepare(&o, ctx, samples));
    L2OSR__TRY(l2osr__target_check(ctx, samples));
    L2OSR__TRY(l2osr__alloc_to(ctx, out, 1, sizeof **out));
    **out = (l2osr_complexity){
        .ctx = ctx, .samples = samples, .options = o, .inputs = l2osr_field_count(samples)};
    return L2OSR_OK;
}

static void run_free(l2osr_context *ctx, l2osr__complexity_run *run) {
    for (size_t i = 0; i < run->count; i++)
        l2osr__free(ctx, (char *)run->points[i].equation);
    l2osr__free(ctx, run->points);
    l2osr__free(ctx, run->fields);
    l2osr__free(ctx, run);
}

void l2osr_complexity_free(l2osr_complexity *study) {
    if (!study)
        return;
    while (study->first) {
        l2osr__complexity_run *next = study->first->next;
        run_free(study->ctx, study->first);
        study->first = next;
    }
    l2osr__free(study->ctx, study);
}

/* ---- a formula ---- */

static l2osr_status measure_fields(const l2osr_complexity *study, const l2osr_mapping *mapping,
                                   const float *predictions, l2osr_perception *fields) {
    const l2osr_status status =
        l2osr__field(mapping, study->samples, &study->options, predictions, NULL, fields, NULL);
    if (status != L2OSR_ENONFINITE)
        return status;
    for (size_t i = 0; i < study->inputs; i++) {
        fields[i] =
            (l2osr_perception){.name = l2osr_field_name(study->samples, i), .influence = NAN};
        l2osr__perception_judge(&fields[i], NAN);
    }
    return L2OSR_OK;
}

/* Appends a formula, unless it is rejected. */
static l2osr_status measure(arrival *a, const l2osr_formula *formula,
                            const l2osr_mapping *mapping) {
    const l2osr_complexity *study = a->study;
    l2osr__complexity_run *run = a->run;
    l2osr_perception *fields = run->fields + run->count * study->inputs;
    double r2;
    L2OSR__TRY(l2osr_mapping_predict(mapping, study->samples, a->predictions));
    l2osr_status status = l2osr__r2(study->ctx, study->samples, a->predictions, &r2);
    if (status == L2OSR_ENONFINITE) {
        run->rejected++;
        return L2OSR_OK;
    }
    L2OSR__TRY(status);
    L2OSR__TRY(measure_fields(study, mapping, a->predictions, fields));
    const char *equation = l2osr__strdup(study->ctx, formula->equation);
    if (!equation)
        return l2osr__fail(study->ctx, L2OSR_ENOMEM, "complexity: out of memory");
    run->points[run->count++] = (l2osr_complexity_point){.run = a->number,
                                                         .complexity = formula->complexity,
                                                         .r2 = r2,
                                                         .equation = equation,
                                                         .fields = fields};
    return L2OSR_OK;
}

static l2osr_status take(arrival *a, size_t index) {
    char name[L2OSR__EQUATION_NAME];
    l2osr_mapping *mapping;
    const l2osr__equation equation = l2osr__front_equation(a->front, index, name);
    L2OSR__TRY(l2osr__mapping_of_equation(&mapping, a->study->ctx, &equation));
    const l2osr_status status = measure(a, &a->front->formulas[index], mapping);
    l2osr_mapping_free(mapping);
    return status;
}

/* ---- a front ---- */

static l2osr_status take_all(arrival *a) {
    l2osr_context *ctx = a->study->ctx;
    const l2osr_samples *s = a->study->samples;
    l2osr__complexity_run *run = a->run;
    const size_t count = a->front->count;
    l2osr__stage stage;
    L2OSR__TRY(l2osr__alloc_to(ctx, &run->points, count + 1, sizeof *run->points));
    L2OSR__TRY(
        l2osr__alloc_to(ctx, &run->fields, count + 1, a->study->inputs * sizeof *run->fields));
    L2OSR__TRY(l2osr__alloc_to(ctx, &a->predictions, s->trajectories, s->steps * sizeof(float)));
    l2osr__stage_begin(&stage, ctx, "complexity", count);
    for (size_t i = 0; i < count; i++) {
        L2OSR__TRY(take(a, i));
        L2OSR__TRY(l2osr__stage_tick(&stage, i + 1, NAN, "formulas"));
    }
    return L2OSR_OK;
}

static void append(l2osr_complexity *study, l2osr__complexity_run *run) {
    l2osr__complexity_run **place = &study->first;
    while (*place)
        place = &(*place)->next;
    *place = run;
}

l2osr_status l2osr_complexity_add_front(l2osr_complexity *study, const l2osr_front *front) {
    arrival a = {.study = study, .front = front};
    if (!study)
        return L2OSR_EINVAL;
    if (!front)
        return l2osr__fail(study->ctx, L2OSR_EINVAL, "complexity: front is NULL");
    a.number = l2osr_complexity_runs(study);
    L2OSR__TRY(l2osr__alloc_to(study->ctx, &a.run, 1, sizeof *a.run));
    const l2osr_status status = take_all(&a);
    if (status == L2OSR_OK)
        append(study, a.run);
    else
        run_free(study->ctx, a.run);
    l2osr__free(study->ctx, a.predictions);
    return status;
}
