/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "common.h"

l2osr_status find_step_size(l2osr_context *ctx, l2osr_task *task, l2osr_entry *entry,
                            size_t steps) {
    static const double lrs[] = {1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.2, 0.5};
    const l2osr_evaluate_options search = {/* two seeds tell step sizes apart */
                                           .struct_size = sizeof search,
                                           .steps = steps,
                                           .seeds = 2};
    return l2osr_grid_search(ctx, task, entry->rule, sizeof lrs / sizeof lrs[0], lrs, &search,
                             &entry->lr);
}

void print_table(const l2osr_curves *curves, size_t n, const l2osr_entry *entries,
                        size_t steps) {
    printf("optimizer         step size  loss at %-4zu       accuracy\n", steps);
    for (size_t i = 0; i < n; i++) {
        const l2osr_spread loss = l2osr_curves_at(curves, i, steps);
        const l2osr_spread accuracy = l2osr_curves_metric(curves, i);
        const double lr = entries[i].rule && entries[i].lr == 0
                              ? l2osr_rule_default_lr(entries[i].rule)
                              : entries[i].lr;
        printf("%-16s  ", entries[i].name);
        printf(entries[i].rule ? "%9g" : "        -", lr);
        printf("  %.3f +- %.3f    %.3f +- %.3f\n", loss.mean, loss.deviation, accuracy.mean,
               accuracy.deviation);
    }
}

void write_curves(l2osr_context *ctx, const l2osr_curves *curves, size_t n,
                         const l2osr_entry *entries, const char *folder) {
    const char *csv = path_in(folder, "curves.csv"), *svg = path_in(folder, "curves.svg");
    const char *names[MAX_ENTRIES];
    for (size_t i = 0; i < n; i++)
        names[i] = entries[i].name;
    must(ctx, l2osr_curves_save(curves, csv));
    const bool drawn = plot_curves(csv, svg, "MLP 784-30-20-10, held-out half", names, n);
    printf("wrote %s%s%s\n", csv, drawn ? " and " : "", drawn ? svg : "");
}
