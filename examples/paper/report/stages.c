/* SPDX-License-Identifier: MIT */
/* How long everything took. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

enum { PROGRAM, STAGE, SECONDS };

/* Whether a line of stages.csv is of a program, and all of it or a part. */
static bool is_of(const struct csv *stages, size_t line, const char *program, bool whole) {
    return strcmp(csv_field(stages, line, PROGRAM), program) == 0 &&
           (strcmp(csv_field(stages, line, STAGE), WHOLE_PROGRAM) == 0) == whole;
}

static double sum_of(const struct csv *stages, const char *program, bool whole) {
    double sum = 0;
    for (size_t i = 1; i < stages->rows; i++)
        if (is_of(stages, i, program, whole))
            sum += fmax(0, number_in(csv_field(stages, i, SECONDS))); /* 0 if it is torn */
    return sum;
}

/* A program that was run by hand has only its stages. */
double seconds_of(const struct csv *stages, const char *program) {
    const double whole = sum_of(stages, program, true);
    return whole > 0 ? whole : sum_of(stages, program, false);
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
        if (!is_of(stages, i, program, false))
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
