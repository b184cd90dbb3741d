/* SPDX-License-Identifier: MIT */
/* The paper's table of numerical models: how far back they look, how complex a formula for what
 * they do is, and how well they and their formulas optimize. All on P1. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study.h"

enum { MODELS = 6, LONGEST_CELL = 200 };

static const struct published {
    const char *name, *field;
    double complexity;
    l2osr_spread numerical, distilled; /* losses */
} models[MODELS] = {
    {"DM", "25.2", 182.9, {0.23, 0.13}, {0.33, 0.26}},
    {"DM+CL+IL", "27.4", 220.6, {0.19, 0.16}, {0.33, 0.19}},
    {"RP", "5.3, 2.4", 104.7, {0.12, 0.07}, {0.14, 0.09}},
    {"RP+CL+IL", "5.7, 3.1", 121.4, {0.11, 0.04}, {0.12, 0.09}},
    {"RP_s", "5.5, 2.2", 80.3, {0.09, 0.05}, {0.10, 0.06}},
    {"RP_si", "4.6, 2.0, 4.1", 67.0, {0.08, 0.05}, {0.09, 0.04}},
};

/* ---- how far back ---- */

/* One of the figures of all fields, with commas between. */
static void list_figures(char cell[LONGEST_CELL], const l2osr_perception *fields, size_t n,
                         double (*figure)(const l2osr_perception *)) {
    size_t used = 0;
    for (size_t i = 0; i < n && used < LONGEST_CELL; i++) {
        used += (size_t)snprintf(cell + used, LONGEST_CELL - used, i ? ", " : "");
        if (used < LONGEST_CELL)
            used += (size_t)snprintf(cell + used, LONGEST_CELL - used,
                                     fields[i].defined ? "%.1f" : "-", figure(&fields[i]));
    }
}

static double mean_lag(const l2osr_perception *field) {
    return field->mean;
}

static double median_lag(const l2osr_perception *field) {
    return field->median;
}

static double extent(const l2osr_perception *field) {
    return field->extent;
}

/* One number for all inputs. */
static double weighted_lag(const l2osr_perception *fields, size_t n) {
    double sum = 0, shares = 0;
    for (size_t i = 0; i < n; i++)
        if (fields[i].defined) {
            sum += fields[i].share * fields[i].mean;
            shares += fields[i].share;
        }
    return sum / shares;
}

static void put_fields(const struct sheet *t, const struct published *it, const char *whose,
                       const l2osr_perception *fields, size_t n) {
    static const struct {
        const char *name;
        double (*figure)(const l2osr_perception *);
    } rows[] = {
        {"TPF, mean lag", mean_lag}, {"TPF, median lag", median_lag}, {"TPF, 95 %", extent}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char cell[LONGEST_CELL], row[64];
        snprintf(row, sizeof row, "%s%s", rows[i].name, whose);
        list_figures(cell, fields, n, rows[i].figure);
        put_text(t, row, it->name, cell, i == 0 ? it->field : NULL);
    }
}

/* Names of the inputs, as the figures are listed. */
static void put_inputs(const struct sheet *t, const struct published *it,
                       const l2osr_samples *samples) {
    char cell[LONGEST_CELL] = "";
    for (size_t i = 0; i < l2osr_field_count(samples); i++)
        snprintf(cell + strlen(cell), sizeof cell - strlen(cell), "%s%s", i ? ", " : "",
                 l2osr_field_name(samples, i));
    put_text(t, "inputs", it->name, cell, NULL);
}

static void put_perception(struct paper *p, const struct sheet *t, const struct published *it,
                           const struct studied *studied) {
    const size_t n = l2osr_field_count(studied->held_out);
    l2osr_perception *fields = calloc(n, sizeof *fields);
    l2osr_mapping *mapping;
    if (!fields)
        fail("out of memory");
    must(p->ctx, l2osr_mapping_of_model(&mapping, p->ctx, studied->subject.model));
    paper_must(p, l2osr_mapping_field(mapping, studied->held_out, NULL, fields, n, NULL));
    l2osr_mapping_free(mapping);
    put_inputs(t, it, studied->held_out);
    put_fields(t, it, "", fields, n);
    put_number(t, "TPF (influence-weighted over inputs)", it->name, weighted_lag(fields, n), NAN,
               NAN);
    must(p->ctx, l2osr_complexity_field(studied->complexity, fields, n));
    put_fields(t, it, ", equations", fields, n);
    free(fields);
}

/* ---- how complex, and how good ---- */

static void put_complexity(struct paper *p, const struct sheet *t, const struct published *it,
                           struct studied *studied) {
    const l2osr_spread nodes = studied_nodes(studied);
    const l2osr_spread r2 = study_fit(p, &studied->subject, studied->held_out);
    put_number(t, "mapping complexity", it->name, nodes.mean, nodes.deviation, it->complexity);
    put_number(t, "R2 of equations, held out", it->name, r2.mean, r2.deviation, NAN);
}

static void put_losses(struct paper *p, const struct sheet *t, const struct published *it,
                       struct subject *s) {
    l2osr_rule *rule = distilled_rule(p, s);
    const l2osr_entry entries[] = {{s->name, NULL, s->model, 0}, {"equation", rule, NULL, 0}};
    l2osr_spread losses[2];
    study_losses(p, s->problem, s->name, entries, 2, losses);
    put_spread(t, "loss, numerical", it->name, losses[0], it->numerical);
    put_spread(t, "loss, distilled", it->name, losses[1], it->distilled);
    put_number(t, "distilled / numerical", it->name, losses[1].mean / losses[0].mean, NAN,
               it->distilled.mean / it->numerical.mean);
    put_text(t, "equation", it->name, distilled_equation(p, s), NULL);
    printf("  loss %.4f, of the equation %.4f\n  %s\n", losses[0].mean, losses[1].mean,
           distilled_equation(p, s));
    l2osr_rule_free(rule);
}

/* ---- all of it ---- */

static void put_model(struct paper *p, const struct sheet *t, const struct problem *problem,
                      const struct published *it) {
    struct studied studied = open_studied(p, problem, it->name);
    printf("%s\n", it->name);
    put_perception(p, t, it, &studied);
    put_complexity(p, t, it, &studied);
    put_losses(p, t, it, &studied.subject);
    fflush(stdout);
    close_studied(&studied);
}

int main(int argc, char **argv) {
    struct paper p;
    paper_open(&p, argc, argv,
               "The paper's table of numerical models on P1: temporal perception fields, mapping\n"
               "complexity, and losses of the models and of the equations distilled from them.",
               NULL, 0);
    struct problem problem = open_problem(&p, "P1");
    struct sheet table;
    begin_table(&table, &p, "table_models");
    for (size_t i = 0; i < MODELS; i++)
        put_model(&p, &table, &problem, &models[i]);
    end_sheet(&table);
    close_problem(&problem);
    paper_close(&p);
    return 0;
}
