/* SPDX-License-Identifier: MIT */
/* What a first user writes, against the installed library: minimises Rosenbrock's function with
 * Adam. */
#include <l2osr.h>

#include <stdio.h>

static l2osr_status train(l2osr_context *ctx, l2osr_stepper *stepper, l2osr_task *task, double *x,
                          double *loss) {
    double g[2];
    l2osr_step_args args = L2OSR_STEP_ARGS_INIT;
    l2osr_status status = l2osr_task_init(task, l2osr_context_seed(ctx), x);
    args.lr = 0.02;
    for (uint64_t t = 0; t < 2000 && status == L2OSR_OK; t++) {
        const l2osr_draw draw = {0, t};
        status = l2osr_task_loss_grad(task, &draw, x, loss, g);
        if (status == L2OSR_OK)
            status = l2osr_stepper_step_f64(stepper, x, g, &args);
    }
    return status;
}

int main(void) {
    l2osr_context *ctx;
    l2osr_rule *rule = NULL;
    l2osr_task *task = NULL;
    l2osr_stepper *stepper = NULL;
    l2osr_stepper_options options = L2OSR_STEPPER_OPTIONS_INIT;
    double x[2], loss = 0;
    const size_t length = 2;

    options.precision = L2OSR_F64;
    if (l2osr_abi_version() != L2OSR_ABI_VERSION || l2osr_context_create(&ctx, NULL) != L2OSR_OK)
        return 1;
    l2osr_status status = l2osr_rule_preset(&rule, ctx, "adam");
    if (status == L2OSR_OK)
        status = l2osr_task_rosenbrock(&task, ctx, length);
    if (status == L2OSR_OK)
        status = l2osr_stepper_create(&stepper, ctx, rule, 1, &length, &options);
    if (status == L2OSR_OK)
        status = train(ctx, stepper, task, x, &loss);
    if (status == L2OSR_OK)
        printf("l2osr %s: loss %.2e at (%.3f, %.3f)\n", l2osr_version(), loss, x[0], x[1]);
    else
        fprintf(stderr, "%s: %s\n", l2osr_strerror(status), l2osr_context_errmsg(ctx));
    l2osr_stepper_free(stepper);
    l2osr_task_free(task);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
    return status == L2OSR_OK && loss < 1e-3 ? 0 : 1;
}
