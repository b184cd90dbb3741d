/* SPDX-License-Identifier: MIT */
/* How long everything took. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

enum { PROGRAM, STAGE, SECONDS };

static bool is_of(const struct csv *stages, size_t line, const char *program) {
    return strcmp(csv_field(stages, line, PROGRAM), program) == 0;
}

static bool says(const struct csv *stages, size_t line, const char *stage) {
    return strcmp(csv_field(stages, line, STAGE), stage) == 0;
}

/* A run is what lies between a beginning and the next one, or the end. What its stages took counts
 * where there is no line for the whole program: it was killed, or run by hand. */
double seconds_of(const struct csv *stages, const char *program) {
    double sum = 0, run = 0;
    for (size_t i = 1; i < stages->rows; i++) {
        const double seconds = fmax(0, number_in(csv_field(stages, i, SECONDS))); /* 0 if torn */
        if (!is_of(stages, i, program))
            continue;
        if (says(stages, i, WHOLE_PROGRAM))
            run = fmax(run, seconds);
        else
            run += seconds;
        if (says(stages, i, WHOLE_PROGRAM) || says(stages, i, PROGRAM_BEGINS)) {
            sum += run;
            run = 0;
        }
    }
    return sum + run;
}

struct csv read_stages(const struct paper *p) {
    struct csv stages;
    if (csv_read(&stages, paper_path(p, "stages.csv")) && stages.columns <= SECONDS)
        csv_free(&stages);
    return stages;
}

void write_stages(FILE *out, const struct writer *w, const struct csv *stages,
                  const char *program) {
    const char *separator = ": ";
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        fail("out of memory");
    fprintf(stream, "%.1f s", seconds_of(stages, program));
    for (size_t i = 1; i < stages->rows; i++) {
        if (!is_of(stages, i, program) || says(stages, i, PROGRAM_BEGINS) ||
            says(stages, i, WHOLE_PROGRAM) || isnan(number_in(csv_field(stages, i, SECONDS))))
            continue;
        fprintf(stream, "%s%s (%s s)", separator, csv_field(stages, i, STAGE),
                csv_field(stages, i, SECONDS));
        separator = "; ";
    }
    if (fclose(stream) != 0)
        fail("out of memory");
    if (seconds_of(stages, program) > 0)
        w->paragraph(out, "What was run:", text);
    free(text);
}
