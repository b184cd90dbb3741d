/* SPDX-License-Identifier: MIT */
/**
 * @file task.h
 * Optimizee tasks: what an optimizer is trained on and used for. A task is a table of callbacks;
 * the built-in ones (problems.h) are made the same way, and tasks are made of tasks (compose.h).
 *
 * Thread-safety: a task belongs to one thread at a time unless it has #L2OSR_TASK_CONCURRENT.
 */
#ifndef L2OSR_TASK_H
#define L2OSR_TASK_H

#include "l2osr/context.h"
#include "l2osr/data.h"

L2OSR_BEGIN_DECLS

/** Opaque task. */
typedef struct l2osr_task l2osr_task;

/**
 * Which minibatch to use: number `index` (from 0) of the endless stream `seed`. The library decides
 * both; a task derives its batch from nothing else, so that runs can be repeated and optimizers
 * compared on the same data.
 */
struct l2osr_draw {
    uint64_t seed;  /**< identifies the stream */
    uint64_t index; /**< position in it */
};
typedef struct l2osr_draw l2osr_draw;

/** One named block of parameters, such as a weight matrix. */
struct l2osr_group {
    const char *name; /**< such as "w1" */
    size_t rank;      /**< number of extents in `shape` */
    size_t shape[4];  /**< extents; the product is the group's number of parameters */
};
typedef struct l2osr_group l2osr_group;

/** Flags of #l2osr_task_callbacks. */
enum l2osr_task_flags {
    L2OSR_TASK_CONCURRENT = 1 /**< the callbacks may run on several threads at the same time */
};

/**
 * The callbacks of a task. Every function gets `user` first. A non-zero return stops the work with
 * #L2OSR_ECALLBACK; C++ exceptions must not pass through. At least one of `loss_grad` and
 * `loss_grad_f32` must be set; the library converts when the other is wanted.
 */
struct l2osr_task_callbacks {
    size_t struct_size;        /**< sizeof(struct l2osr_task_callbacks) */
    const char *name;          /**< for messages; copied */
    const l2osr_group *groups; /**< the parameter groups, in order; copied */
    size_t n_groups;           /**< at least 1 */
    unsigned flags;            /**< of #l2osr_task_flags */
    /** Writes the starting point for `seed` to x[dim]; a pure function of `seed`. */
    int (*init)(void *user, uint64_t seed, double *x);
    /** Writes the loss at x[dim] on a minibatch and, unless NULL, its gradient to grad[dim]. */
    int (*loss_grad)(void *user, const l2osr_draw *draw, const double *x, double *loss,
                     double *grad);
    /** The same in f32; the loss is still a double. */
    int (*loss_grad_f32)(void *user, const l2osr_draw *draw, const float *x, double *loss,
                         float *grad);
    /** Optional: writes (Hessian of the minibatch loss at x) times v to hv[dim]. */
    int (*hvp)(void *user, const l2osr_draw *draw, const double *x, const double *v, double *hv);
    /** Optional: a figure of merit at x on data apart, such as the test accuracy. */
    int (*metric)(void *user, const double *x, double *value);
    const char *metric_name; /**< such as "accuracy"; needed with `metric`; copied */
    /** Optional: frees `user` when the task is freed, also when creating it fails. */
    void (*free)(void *user);
};
typedef struct l2osr_task_callbacks l2osr_task_callbacks;

/** Static initialiser of #l2osr_task_callbacks. */
#define L2OSR_TASK_CALLBACKS_INIT                                                                  \
    { sizeof(struct l2osr_task_callbacks), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/**
 * Makes a task from callbacks.
 * @param out  the task, NULL on failure; free with l2osr_task_free()
 * @param user first argument of every callback; owned by the task if callbacks->free is set
 * @return #L2OSR_OK, #L2OSR_EINVAL (the message names the member), #L2OSR_ENOMEM, #L2OSR_E2BIG
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_task_create(l2osr_task **out, l2osr_context *ctx,
                                                         const l2osr_task_callbacks *callbacks,
                                                         void *user);

/** Frees a task. NULL is allowed. */
L2OSR_API void l2osr_task_free(l2osr_task *task);

L2OSR_API const char *l2osr_task_name(const l2osr_task *task);   /**< Name; borrowed. */
L2OSR_API size_t l2osr_task_dim(const l2osr_task *task);         /**< Number of parameters. */
L2OSR_API size_t l2osr_task_group_count(const l2osr_task *task); /**< Number of groups. */
/** Group `index`; borrowed. NULL when out of range. */
L2OSR_API const l2osr_group *l2osr_task_group(const l2osr_task *task, size_t index);
/** Name of the metric, or NULL when the task has none. */
L2OSR_API const char *l2osr_task_metric_name(const l2osr_task *task);

/** Writes the starting point for `seed` to x[dim]. #L2OSR_ECALLBACK, #L2OSR_ENONFINITE. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_task_init(l2osr_task *task, uint64_t seed, double *x);

/** l2osr_task_init() rounded to f32. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_task_init_f32(l2osr_task *task, uint64_t seed,
                                                           float *x);

/**
 * Loss and gradient at x[dim] on one minibatch.
 * @param grad receives dim entries; NULL when only the loss is wanted
 * @return #L2OSR_ECALLBACK (the callback's value is kept), #L2OSR_ENONFINITE when the loss or an
 * entry of the gradient is NaN or infinite; the message names task, step and group. *loss is
 * written in that case.
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_task_loss_grad(l2osr_task *task,
                                                            const l2osr_draw *draw, const double *x,
                                                            double *loss, double *grad);

/** l2osr_task_loss_grad() in f32. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_task_loss_grad_f32(l2osr_task *task,
                                                                const l2osr_draw *draw,
                                                                const float *x, double *loss,
                                                                float *grad);

/** Hessian-vector product; #L2OSR_EUNSUPPORTED when the task has none. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_task_hvp(l2osr_task *task, const l2osr_draw *draw,
                                                      const double *x, const double *v, double *hv);

/** Metric at x[dim]; #L2OSR_EUNSUPPORTED when the task has none. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_task_metric(l2osr_task *task, const double *x,
                                                         double *value);

/**
 * Item numbers of a minibatch from `items` items, without replacement: every item once per pass,
 * each pass in a new order; the last batch of a pass may be smaller (as in the reference). For
 * loss_grad callbacks.
 * @param batch at most this many; `out` must have room for them
 * @return how many were written; 0 when items or batch is 0. Any thread.
 */
L2OSR_API size_t l2osr_draw_items(const l2osr_draw *draw, size_t items, size_t batch, size_t *out);

L2OSR_END_DECLS

#endif
