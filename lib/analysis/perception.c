/* SPDX-License-Identifier: MIT */
/* Temporal perception fields: of which inputs, of how many lags, and their figures. */
#include <math.h>
#include <string.h>

#include "analysis/field.h"
#include "analysis/mapping.h"
#include "base/rng.h"
#include "data/inputs.h"

enum { LAGS = 60, POSITIONS = 8 };

static const double LEAST_SHARE = 0.01; /* of a field that is defined */

/* ---- options ---- */

void l2osr_field_options_init(l2osr_field_options *o, size_t size) {
    l2osr__options_init(o, size);
}

l2osr_status l2osr__field_prepare(l2osr_field_options *o, l2osr_context *ctx,
                                  const l2osr_samples *s) {
    if (s->trajectories < 2)
        return l2osr__fail(ctx, L2OSR_EINVAL,
                           "field: values are replaced by those of other trajectories, and there "
                           "is one only");
    if (s->steps > 1 && o->lags > s->steps)
        return l2osr__fail(ctx, L2OSR_EINVAL, "field: %zu lags, but trajectories of %zu steps",
                           o->lags, s->steps);
    if (s->steps == 1 && o->lags > L2OSR__SAMPLES_PAD)
        return l2osr__fail(ctx, L2OSR_EINVAL, "field: %zu lags, but windows have at most %d",
                           o->lags, L2OSR__SAMPLES_PAD);
    if (o->lags == 0)
        o->lags = s->steps > 1 && s->steps / 2 < LAGS ? s->steps / 2 : LAGS;
    o->positions = o->positions ? o->positions : POSITIONS;
    o->seed = l2osr__seed_split(l2osr_context_seed(ctx), o->seed);
    return L2OSR_OK;
}

/* ---- which inputs ---- */

/* The columns of a window have its field. */
static bool has_field(const l2osr_samples *s, size_t input) {
    return input >= s->features || !l2osr__samples_window_of(s, input);
}

size_t l2osr__field_inputs(const l2osr_samples *s, size_t *list) {
    size_t count = 0;
    for (size_t i = 0; i < l2osr__input_count(s); i++)
        if (has_field(s, i)) {
            if (list)
                list[count] = i;
            count++;
        }
    return count;
}

size_t l2osr_field_count(const l2osr_samples *samples) {
    return samples ? l2osr__field_inputs(samples, NULL) : 0;
}

const char *l2osr_field_name(const l2osr_samples *s, size_t index) {
    for (size_t i = 0; s && i < l2osr__input_count(s); i++)
        if (has_field(s, i) && index-- == 0)
            return l2osr__input_name(s, i);
    return NULL;
}

/* Windows are read by name, and their columns may be, too. */
bool l2osr__field_is_read(const l2osr_mapping *m, const l2osr_samples *s, size_t input) {
    const l2osr__window *window = l2osr__input_window(s, input);
    for (size_t k = 0; k < m->n_names; k++) {
        if (strcmp(m->names[k], l2osr__input_name(s, input)) == 0)
            return true;
        for (size_t lag = 0; window && lag < window->length; lag++)
            if (strcmp(m->names[k], s->names[window->features[lag]]) == 0)
                return true;
    }
    return false;
}

/* ---- figures ---- */

/* The smallest lag, from 1, up to which lies this part of all. */
static double lag_up_to(const double *influence, size_t lags, double part) {
    double sum = 0;
    size_t lag = 0;
    while (lag < lags && sum < part)
        sum += influence[lag++];
    return (double)lag;
}

void l2osr__perception_summarize(l2osr_perception *field, const double *influence, size_t lags) {
    double all = 0, moment = 0;
    for (size_t lag = 0; lag < lags; lag++) {
        all += influence[lag];
        moment += (double)(lag + 1) * influence[lag];
    }
    field->influence = all;
    field->mean = moment / all;
    field->median = lag_up_to(influence, lags, 0.5 * all);
    field->extent = lag_up_to(influence, lags, 0.95 * all);
}

void l2osr__perception_judge(l2osr_perception *field, double share) {
    field->share = share;
    field->defined = share >= LEAST_SHARE;
    if (!field->defined)
        field->mean = field->median = field->extent = NAN;
}
