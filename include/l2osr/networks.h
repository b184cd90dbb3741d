/* SPDX-License-Identifier: MIT */
/**
 * @file networks.h
 * Optimizee tasks that train neural networks to classify images.
 *
 * Thread-safety: the tasks are concurrent (#L2OSR_TASK_CONCURRENT).
 */
#ifndef L2OSR_NETWORKS_H
#define L2OSR_NETWORKS_H

#include "l2osr/task.h"

L2OSR_BEGIN_DECLS

/** Activation of hidden layers. */
typedef enum l2osr_activation {
    L2OSR_RELU = 0,    /**< max(0, x) */
    L2OSR_SIGMOID = 1, /**< 1 / (1 + exp(-x)) */
    L2OSR_TANH = 2     /**< tanh(x) */
} l2osr_activation;

/** Starting distribution of the weights. */
typedef enum l2osr_start {
    L2OSR_START_SMALL = 0, /**< weights and biases N(0, 0.01^2), as in the reference */
    L2OSR_START_HE = 1,    /**< weights N(0, 2/fan_in), biases 0; for ReLU */
    L2OSR_START_LECUN = 2  /**< weights N(0, 1/fan_in), biases 0; for sigmoid and tanh */
} l2osr_start;

/** Options of l2osr_task_mlp(); zero means the default. */
struct l2osr_mlp_options {
    size_t struct_size;          /**< sizeof(struct l2osr_mlp_options) */
    const size_t *hidden;        /**< sizes of the hidden layers; NULL for none */
    size_t n_hidden;             /**< 0 makes multinomial logistic regression */
    l2osr_activation activation; /**< default ReLU */
    l2osr_start start;           /**< default N(0, 0.01^2) */
    size_t batch;                /**< default 128 */
    const l2osr_dataset *test;   /**< images for the "accuracy" metric; NULL for no metric */
};
typedef struct l2osr_mlp_options l2osr_mlp_options;

/** Static initialiser of #l2osr_mlp_options. */
#define L2OSR_MLP_OPTIONS_INIT                                                                     \
    { sizeof(struct l2osr_mlp_options), 0, 0, L2OSR_RELU, L2OSR_START_SMALL, 0, 0 }

/** Fills `o` with defaults. */
L2OSR_API void l2osr_mlp_options_init(l2osr_mlp_options *o, size_t size);

/**
 * Classifier of images: pixels - hidden layers - classes, mean softmax cross entropy. Pixels enter
 * as byte/255 - 0.5. Groups w1 [out][in], b1 [out], w2 ... in that order. Runs on CBLAS.
 * Concurrent. Has a Hessian-vector product, for which the second derivative of ReLU is 0.
 * @param train images to draw minibatches from; train and test set must outlive the task
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_ERANGE, #L2OSR_ENOMEM, #L2OSR_E2BIG
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_task_mlp(l2osr_task **out, l2osr_context *ctx,
                                                      const l2osr_dataset *train,
                                                      const l2osr_mlp_options *options);

/** What the bytes of an image become. */
typedef enum l2osr_pixels {
    L2OSR_PIXELS_ONE =
        0, /**< (byte/255 - 0.5) / 0.5: from -1 to 1, as in the reference for CIFAR */
    L2OSR_PIXELS_HALF = 1 /**< byte/255 - 0.5: from -0.5 to 0.5, as in l2osr_task_mlp() */
} l2osr_pixels;

/** Options of l2osr_task_cnn(); zero means the default. */
struct l2osr_cnn_options {
    size_t struct_size;        /**< sizeof(struct l2osr_cnn_options) */
    const size_t *channels;    /**< outputs of each convolution; NULL for 6, 12 */
    size_t n_channels;         /**< number of convolutions; 0 for 6, 12 */
    size_t kernel;             /**< rows and columns of each kernel; default 3 */
    l2osr_start start;         /**< default N(0, 0.01^2) */
    l2osr_pixels pixels;       /**< default -1 to 1 */
    size_t batch;              /**< default 128 */
    const l2osr_dataset *test; /**< images for the "accuracy" metric; NULL for no metric */
};
typedef struct l2osr_cnn_options l2osr_cnn_options;

/** Static initialiser of #l2osr_cnn_options. */
#define L2OSR_CNN_OPTIONS_INIT                                                                     \
    { sizeof(struct l2osr_cnn_options), 0, 0, 0, L2OSR_START_SMALL, L2OSR_PIXELS_ONE, 0, 0 }

/** Fills `o` with defaults. */
L2OSR_API void l2osr_cnn_options_init(l2osr_cnn_options *o, size_t size);

/**
 * Convolutional classifier of images: for each entry of `channels` a convolution without padding,
 * maxima of 2 x 2 pixels and ReLU; then a fully connected layer to the classes and mean softmax
 * cross entropy. By default SMALL_CNN of the reference, which has 2,993 parameters on images of
 * 3 x 32 x 32 in 5 classes. Groups w1 [out][in][rows][cols], b1 [out], w2 ... and last the fully
 * connected layer, [classes][channels rows cols] and [classes], in that order: the layouts of
 * torch.
 *
 * Of equal maxima the first, row by row, receives the derivative. A last row or column that has no
 * partner is dropped. The bits of results are the same on all processors.
 * @param train images to draw minibatches from; train and test set must outlive the task
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_ERANGE (sizes that are out of range, or images that are
 * too small: the message names the layer), #L2OSR_ENOMEM, #L2OSR_E2BIG
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_task_cnn(l2osr_task **out, l2osr_context *ctx,
                                                      const l2osr_dataset *train,
                                                      const l2osr_cnn_options *options);

/** Options of l2osr_task_resnet(); zero means the default. */
struct l2osr_resnet_options {
    size_t struct_size;        /**< sizeof(struct l2osr_resnet_options) */
    size_t depth;              /**< 6 n + 2 with n blocks a stage, 8 to 1202; default 20 */
    size_t width;              /**< channels of the first stage; default 16 */
    l2osr_pixels pixels;       /**< default -1 to 1 */
    size_t batch;              /**< default 128 */
    const l2osr_dataset *test; /**< images for the "accuracy" metric; NULL for no metric */
};
typedef struct l2osr_resnet_options l2osr_resnet_options;

/** Static initialiser of #l2osr_resnet_options. */
#define L2OSR_RESNET_OPTIONS_INIT                                                                  \
    { sizeof(struct l2osr_resnet_options), 0, 0, L2OSR_PIXELS_ONE, 0, 0 }

/** Fills `o` with defaults. */
L2OSR_API void l2osr_resnet_options_init(l2osr_resnet_options *o, size_t size);

/**
 * Residual network for small images (He, Zhang, Ren and Sun, "Deep Residual Learning for Image
 * Recognition", CVPR 2016, section 4.2, shortcuts of kind A): convolution 3 x 3, three stages of
 * blocks whose widths are 1, 2 and 4 times `width`, mean over the pixels, fully connected layer,
 * mean softmax cross entropy. The second and third stage begin with stride 2. Convolutions have
 * no biases and are followed by batch normalisation. ResNet-20 has 269,722 parameters on images
 * of 3 x 32 x 32 in 10 classes.
 *
 * Groups w1 [out][in][3][3], g1 [out] (gamma), b1 [out] (beta), w2, g2, ... and last the fully
 * connected layer w, b. Starts with weights N(0, 2/fan_in), gamma 1, beta 0; in the fully connected
 * layer with N(0, 1/fan_in) and 0.
 *
 * Batch normalisation takes mean and variance from the minibatch, also for the metric: the loss is
 * a function of parameters and minibatch and nothing is kept from step to step. The metric goes
 * through the test images in order, `batch` at a time. The bits of results are the same on all
 * processors.
 * @param train images to draw minibatches from; train and test set must outlive the task
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_ERANGE, #L2OSR_ENOMEM, #L2OSR_E2BIG
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_task_resnet(l2osr_task **out, l2osr_context *ctx,
                                                         const l2osr_dataset *train,
                                                         const l2osr_resnet_options *options);

L2OSR_END_DECLS

#endif
