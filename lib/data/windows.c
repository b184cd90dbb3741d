/* SPDX-License-Identifier: MIT */
/* Windows: columns of a table that are one series and its past. */
#include "data/data.h"

#include <string.h>

enum { SHORTEST_FOUND = 3 }; /* a pair such as w0, w1 may well be two things */

static bool is_taken(const l2osr_samples *s, const char *name) {
    for (size_t f = 0; f < s->features; f++)
        if (strcmp(s->names[f], name) == 0)
            return true;
    for (size_t w = 0; w < s->n_windows; w++)
        if (strcmp(s->windows[w].name, name) == 0)
            return true;
    return false;
}

const l2osr__window *l2osr__samples_window_of(const l2osr_samples *s, size_t feature) {
    for (size_t w = 0; w < s->n_windows; w++)
        for (size_t lag = 0; lag < s->windows[w].length; lag++)
            if (s->windows[w].features[lag] == feature)
                return &s->windows[w];
    return NULL;
}

static l2osr_status check_table(const l2osr_samples *s) {
    if (s->steps == 1)
        return L2OSR_OK;
    return l2osr__fail(s->ctx, L2OSR_EINVAL,
                       "samples: windows are for tables, of one step; these have %zu steps, which "
                       "are their history",
                       s->steps);
}

static l2osr_status check_window(const l2osr_samples *s, const char *name, size_t length) {
    L2OSR__TRY(check_table(s));
    if (!name || !l2osr__is_name(name))
        return l2osr__fail(s->ctx, L2OSR_EINVAL,
                           "samples: '%s' cannot name a window: use letters, digits and '_', not "
                           "starting with a digit",
                           name ? name : "(null)");
    if (is_taken(s, name))
        return l2osr__fail(
            s->ctx, L2OSR_EINVAL,
            "samples: a window cannot be called '%s', as a feature or another window "
            "is",
            name);
    if (length < 2 || length > L2OSR__SAMPLES_PAD)
        return l2osr__fail(s->ctx, L2OSR_ERANGE,
                           "samples: window %s has length %zu; it must be 2 to %d", name, length,
                           L2OSR__SAMPLES_PAD);
    return L2OSR_OK;
}

static l2osr_status check_lags(const l2osr_samples *s, const char *name, size_t length,
                               const size_t *features) {
    if (!features)
        return l2osr__fail(s->ctx, L2OSR_EINVAL, "samples: window %s: features is NULL", name);
    for (size_t lag = 0; lag < length; lag++) {
        const size_t feature = features[lag];
        if (feature >= s->features)
            return l2osr__fail(s->ctx, L2OSR_ERANGE,
                               "samples: window %s, lag %zu: there is no feature %zu, only %zu",
                               name, lag, feature, s->features);
        const l2osr__window *other = l2osr__samples_window_of(s, feature);
        if (other)
            return l2osr__fail(s->ctx, L2OSR_EINVAL,
                               "samples: window %s, lag %zu: %s is in window %s already", name, lag,
                               s->names[feature], other->name);
        for (size_t earlier = 0; earlier < lag; earlier++)
            if (features[earlier] == feature)
                return l2osr__fail(s->ctx, L2OSR_EINVAL,
                                   "samples: window %s: %s is both lag %zu and lag %zu", name,
                                   s->names[feature], earlier, lag);
    }
    return L2OSR_OK;
}

l2osr_status l2osr_samples_add_window(l2osr_samples *samples, const char *name, size_t length,
                                      const size_t *features) {
    l2osr__window window = {.length = length};
    if (!samples)
        return L2OSR_EINVAL;
    L2OSR__TRY(check_window(samples, name, length));
    L2OSR__TRY(check_lags(samples, name, length, features));
    if (!samples->windows)
        L2OSR__TRY(l2osr__alloc_to(samples->ctx, &samples->windows, samples->features / 2,
                                   sizeof *samples->windows));
    L2OSR__TRY(l2osr__alloc_to(samples->ctx, &window.features, length, sizeof *features));
    memcpy(window.features, features, length * sizeof *features);
    window.name = l2osr__strdup(samples->ctx, name);
    if (!window.name) {
        l2osr__free(samples->ctx, window.features);
        return l2osr__fail(samples->ctx, L2OSR_ENOMEM, "samples: out of memory");
    }
    samples->windows[samples->n_windows++] = window;
    return L2OSR_OK;
}

/* Finds the feature whose name is the base and the lag; the number of features if there is none. */
static size_t find_lag(const l2osr_samples *s, const char *base, size_t length, size_t lag) {
    char number[24];
    snprintf(number, sizeof number, "%zu", lag);
    size_t f = 0;
    while (f < s->features &&
           (strncmp(s->names[f], base, length) != 0 || strcmp(s->names[f] + length, number) != 0))
        f++;
    return f;
}

/* The features that are a base and its past, if there is a free one for each lag; their number. */
static size_t collect_lags(const l2osr_samples *s, const char *base, size_t length,
                           size_t features[L2OSR__SAMPLES_PAD]) {
    size_t n = 0;
    for (size_t f; (f = find_lag(s, base, length, n)) < s->features; n++) {
        if (n == L2OSR__SAMPLES_PAD || l2osr__samples_window_of(s, f))
            return 0;
        features[n] = f;
    }
    return n;
}

/* Adds the window that begins with a feature, if one does: its name is then a base and a 0. */
static l2osr_status try_window(l2osr_samples *s, size_t first) {
    const char *base = s->names[first];
    size_t length = strlen(base) - 1, features[L2OSR__SAMPLES_PAD];
    bool digit_before = length > 0 && base[length - 1] >= '0' && base[length - 1] <= '9';
    if (base[length] != '0' || digit_before)
        return L2OSR_OK;
    size_t n = collect_lags(s, base, length, features);
    if (n < SHORTEST_FOUND)
        return L2OSR_OK;
    char *name = l2osr__strdup(s->ctx, base);
    if (!name)
        return l2osr__fail(s->ctx, L2OSR_ENOMEM, "samples: out of memory");
    name[length - (base[length - 1] == '_')] = '\0';
    l2osr_status status = L2OSR_OK;
    if (l2osr__is_name(name) && !is_taken(s, name))
        status = l2osr_samples_add_window(s, name, n, features);
    l2osr__free(s->ctx, name);
    return status;
}

l2osr_status l2osr_samples_find_windows(l2osr_samples *samples) {
    if (!samples)
        return L2OSR_EINVAL;
    L2OSR__TRY(check_table(samples));
    for (size_t f = 0; f < samples->features; f++)
        L2OSR__TRY(try_window(samples, f));
    return L2OSR_OK;
}

size_t l2osr_samples_windows(const l2osr_samples *samples) {
    return samples->n_windows;
}

const char *l2osr_samples_window_name(const l2osr_samples *samples, size_t window) {
    return window < samples->n_windows ? samples->windows[window].name : NULL;
}

size_t l2osr_samples_window_length(const l2osr_samples *samples, size_t window) {
    return window < samples->n_windows ? samples->windows[window].length : 0;
}

size_t l2osr_samples_window_feature(const l2osr_samples *samples, size_t window, size_t lag) {
    return lag < l2osr_samples_window_length(samples, window)
               ? samples->windows[window].features[lag]
               : SIZE_MAX;
}
