/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "../meta/meta.h"
#include "../steps.h"
#include "meta/episode.h"
#include "task/task.h"
#include "tune.h"

const char distilled[] = "l2osr-rule 1\n"
                         "let b = 0.95\n"
                         "let m = ema(g, b) / (1 - b^t)\n"
                         "let v = ema(g^2, b) / (1 - b^t)\n"
                         "let vs = sqrt(v) + 1e-12\n"
                         "let mt = m / vs\n"
                         "let gt = g / vs\n"
                         "default lr = 0.01\n"
                         "update = lr * (-0.312 * asinh(gt + 5.23 * ema(mt, 0.572)))\n";

/* Constants keep places of their own, as in a tuner. */
static l2osr_rule *tunable(l2osr_context *ctx, const char *name) {
    l2osr_rule *rule, *copy;
    if (strchr(name, '\n'))
        must(l2osr_rule_parse(&rule, ctx, name, NULL));
    else
        must(l2osr_rule_preset(&rule, ctx, name));
    must(l2osr__rule_tunable(&copy, rule));
    l2osr_rule_free(rule);
    return copy;
}

void tuning_open(struct tuning *t, l2osr_context *ctx, l2osr_task *task, const char *rule,
                 bool half) {
    l2osr_stepper *stepper;
    size_t *sizes;
    t->rule = tunable(ctx, rule);
    const l2osr__unroll_config config = {.task = task,
                                         .planes = l2osr_rule_state(t->rule),
                                         .window = UNROLL,
                                         .keep_x = strcmp(rule, "adamw") == 0,
                                         .half = half};
    must(l2osr__stepper_for(&stepper, ctx, task, t->rule, NULL, L2OSR_F32));
    must(l2osr__unroll_create(&t->unroll, ctx, stepper, &config));
    must(l2osr__task_group_sizes(task, ctx, &sizes));
    must(l2osr__rule_gradient_init(&t->gradient, ctx, t->rule, l2osr_task_group_count(task), sizes,
                                   UNROLL));
    l2osr__free(ctx, sizes);
    must(l2osr__unroll_restart(t->unroll, 1));
}

void tuning_close(struct tuning *t) {
    l2osr__rule_gradient_clear(&t->gradient);
    l2osr__unroll_free(t->unroll);
    l2osr_rule_free(t->rule);
}

void run_gradient(void *tuning) {
    struct tuning *t = tuning;
    must(l2osr__rule_gradient_window(&t->gradient, t->unroll));
}
