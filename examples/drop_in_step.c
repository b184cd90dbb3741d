/* SPDX-License-Identifier: MIT */
/* Train your own model with an update rule: you compute the gradient, l2osr does the step. The
 * model here is a net of one hidden layer that learns a curve; nothing in it knows of the library.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common.h"

enum { HIDDEN = 16, POINTS = 200, STEPS = 2000, REPORT = 200 };

/* All parameters in one row, because a step changes one array. */
struct net {
    float w[HIDDEN], b[HIDDEN], v[HIDDEN], c;
};
enum { PARAMETERS = sizeof(struct net) / sizeof(float) };

static void start(struct net *net) {
    double numbers[2 * HIDDEN];
    l2osr_random_normal(1, 0, 0.0, 1.0, numbers, 2 * HIDDEN);
    *net = (struct net){.c = 0};
    for (size_t j = 0; j < HIDDEN; j++) {
        net->w[j] = (float)(3 * numbers[j]);
        net->b[j] = (float)numbers[HIDDEN + j];
    }
}

/* Mean squared error of the net on the curve sin(3x) + x/2, and its gradient by the chain rule. */
static double loss_grad(const struct net *net, struct net *grad) {
    double loss = 0;
    *grad = (struct net){.c = 0};
    for (size_t i = 0; i < POINTS; i++) {
        const float x = 4.0f * (float)i / (POINTS - 1) - 2.0f;
        float h[HIDDEN], error = net->c - (sinf(3 * x) + x / 2);
        for (size_t j = 0; j < HIDDEN; j++) {
            h[j] = tanhf(net->w[j] * x + net->b[j]);
            error += net->v[j] * h[j];
        }
        const float slope = 2 * error / POINTS;
        for (size_t j = 0; j < HIDDEN; j++) {
            const float back = slope * net->v[j] * (1 - h[j] * h[j]);
            grad->w[j] += back * x;
            grad->b[j] += back;
            grad->v[j] += slope * h[j];
        }
        grad->c += slope;
        loss += error * error / POINTS;
    }
    return loss;
}

/* The whole of training with l2osr: a gradient, a step. */
static double train(l2osr_context *ctx, l2osr_stepper *stepper, struct net *net, double lr,
                    size_t until) {
    l2osr_step_args args = L2OSR_STEP_ARGS_INIT;
    struct net grad;
    if (lr > 0)
        args.lr = lr;
    for (size_t step = l2osr_stepper_count(stepper); step < until; step++) {
        const double loss = loss_grad(net, &grad);
        if (!isfinite(loss))
            fail("step %zu: the loss is %g; try a smaller --lr", step, loss);
        if (step % REPORT == 0)
            printf("step %5zu  loss %.6f\n", step, loss);
        must(ctx, l2osr_stepper_step_f32(stepper, (float *)net, (const float *)&grad, &args));
    }
    return loss_grad(net, &grad);
}

int main(int argc, char **argv) {
    const char *file = NULL;
    double lr = 0;
    const struct flag flags[] = {{"lr", FLAG_NUMBER, &lr, "step size; 0: the rule's own"}};
    read_flags(argc, argv, "Trains a small net of its own with a rule, by default Adam.", flags, 1,
               "[FILE.rule]", &file, 1);
    l2osr_context *ctx;
    l2osr_rule *rule;
    l2osr_stepper *stepper;
    struct net net;
    const size_t length = PARAMETERS;

    /* Your program keeps its own Ctrl-C, so there is a bare context here and no open_session(). */
    if (l2osr_context_create(&ctx, NULL) != L2OSR_OK)
        fail("no context");
    must(ctx, file ? l2osr_rule_load(&rule, ctx, file) : l2osr_rule_preset(&rule, ctx, "adam"));
    must(ctx, l2osr_stepper_create(&stepper, ctx, rule, 1, &length, NULL));
    printf("%s\n%zu parameters, %zu bytes of state for each\n\n", l2osr_rule_text(rule),
           l2osr_stepper_size(stepper), l2osr_rule_state(rule) * sizeof(float));
    start(&net);
    train(ctx, stepper, &net, lr, STEPS / 2);

    /* A checkpoint is your parameters and the state of the stepper: bytes to store as you like. */
    const struct net saved_net = net;
    const size_t size = l2osr_stepper_state_size(stepper);
    void *saved_state = malloc(size);
    if (!saved_state)
        fail("out of memory");
    must(ctx, l2osr_stepper_state_save(stepper, saved_state, size));
    const double loss = train(ctx, stepper, &net, lr, STEPS);
    printf("step %5d  loss %.6f\n\n", STEPS, loss);
    l2osr_stepper_free(stepper);

    printf("again from the checkpoint of %zu bytes, as a new process would\n", size + sizeof net);
    must(ctx, l2osr_stepper_create(&stepper, ctx, rule, 1, &length, NULL));
    must(ctx, l2osr_stepper_state_load(stepper, saved_state, size));
    net = saved_net;
    const double again = train(ctx, stepper, &net, lr, STEPS);
    printf("step %5d  loss %.6f, %s\n", STEPS, again,
           again == loss ? "the same to the last bit" : "which is NOT the same");
    free(saved_state);
    l2osr_stepper_free(stepper);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
    return again == loss ? 0 : 1;
}
