/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <stdio.h>

static void name_columns(char (*names)[METRIC_NAME], size_t n, const char *what,
                         const struct setup *s) {
    for (size_t k = 0; k < n; k++)
        snprintf(names[k], METRIC_NAME, "%s, %s", what, s->mark_names[k]);
}

void make_names(const struct setup *s, struct table_names *names) {
    name_columns(names->loss, MARKS, "loss", s);
    name_columns(names->error, MARKS, "+-", s);
    name_columns(names->lr, HORIZONS, "lr", s);
    name_columns(names->rank, HORIZONS, "rank", s);
    name_columns(names->better, HORIZONS, "rank'", s);
    for (size_t p = 0; p < s->n_problems; p++)
        for (size_t e = 0; e < s->n_entrants; e++)
            snprintf(names->cases[p][e], CASE_NAME, "%s %s", s->problems[p].name,
                     s->entrants[e].name);
}
