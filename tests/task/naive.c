/* SPDX-License-Identifier: MIT */
#include "naive.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static naive_map new_map(size_t n, size_t channels, size_t rows, size_t cols) {
    return (naive_map){n, channels, rows, cols, calloc(n * channels * rows * cols, sizeof(double))};
}

static size_t size(naive_map map) {
    return map.n * map.channels * map.rows * map.cols;
}

static double *at(naive_map map, size_t i, size_t c, size_t row, size_t col) {
    return map.data + ((i * map.channels + c) * map.rows + row) * map.cols + col;
}

void naive_free(naive_map map) {
    free(map.data);
}

naive_map naive_copy(naive_map map) {
    naive_map copy = new_map(map.n, map.channels, map.rows, map.cols);
    memcpy(copy.data, map.data, size(map) * sizeof(double));
    return copy;
}

naive_map naive_images(const l2osr_dataset *set, size_t n, const size_t *items) {
    naive_map map =
        new_map(n, l2osr_dataset_channels(set), l2osr_dataset_rows(set), l2osr_dataset_cols(set));
    size_t pixels = size(map) / n;
    for (size_t i = 0; i < n; i++)
        for (size_t p = 0; p < pixels; p++)
            map.data[i * pixels + p] = (l2osr_dataset_image(set, items[i])[p] / 255.0 - 0.5) / 0.5;
    return map;
}

/* One entry; outside of the image there are zeros. */
static double convolve(naive_map in, size_t i, size_t kernel, size_t row, size_t col, size_t pad,
                       const double *w) {
    double sum = 0;
    for (size_t c = 0; c < in.channels; c++)
        for (size_t kr = 0; kr < kernel; kr++)
            for (size_t kc = 0; kc < kernel; kc++, w++)
                if (row + kr >= pad && row + kr < in.rows + pad && col + kc >= pad &&
                    col + kc < in.cols + pad)
                    sum += *w * *at(in, i, c, row + kr - pad, col + kc - pad);
    return sum;
}

naive_map naive_conv(naive_map in, size_t channels, size_t kernel, size_t stride, size_t pad,
                     bool bias, const double **x) {
    naive_map out = new_map(in.n, channels, (in.rows + 2 * pad - kernel) / stride + 1,
                            (in.cols + 2 * pad - kernel) / stride + 1);
    size_t fan_in = in.channels * kernel * kernel;
    for (size_t i = 0; i < in.n; i++)
        for (size_t o = 0; o < channels; o++)
            for (size_t row = 0; row < out.rows; row++)
                for (size_t col = 0; col < out.cols; col++)
                    *at(out, i, o, row, col) =
                        convolve(in, i, kernel, row * stride, col * stride, pad, *x + o * fan_in) +
                        (bias ? (*x)[channels * fan_in + o] : 0);
    *x += channels * fan_in + (bias ? channels : 0);
    naive_free(in);
    return out;
}

naive_map naive_norm(naive_map in, const double **x) {
    size_t pixels = in.rows * in.cols;
    double count = (double)(in.n * pixels);
    for (size_t c = 0; c < in.channels; c++) {
        double sum = 0, square = 0;
        for (size_t i = 0; i < in.n; i++)
            for (size_t p = 0; p < pixels; p++)
                sum += at(in, i, c, 0, 0)[p] / count;
        for (size_t i = 0; i < in.n; i++)
            for (size_t p = 0; p < pixels; p++)
                square += pow(at(in, i, c, 0, 0)[p] - sum, 2) / count;
        for (size_t i = 0; i < in.n; i++)
            for (size_t p = 0; p < pixels; p++) {
                double *z = at(in, i, c, 0, 0) + p;
                *z = (*x)[c] * (*z - sum) / sqrt(square + 1e-5) + (*x)[in.channels + c];
            }
    }
    *x += 2 * in.channels;
    return in;
}

naive_map naive_relu(naive_map in) {
    for (size_t i = 0; i < size(in); i++)
        in.data[i] = fmax(0, in.data[i]);
    return in;
}

naive_map naive_pool(naive_map in) {
    naive_map out = new_map(in.n, in.channels, in.rows / 2, in.cols / 2);
    for (size_t i = 0; i < in.n; i++)
        for (size_t c = 0; c < in.channels; c++)
            for (size_t row = 0; row < out.rows; row++)
                for (size_t col = 0; col < out.cols; col++) {
                    const double *a = at(in, i, c, 2 * row, 2 * col);
                    *at(out, i, c, row, col) =
                        fmax(fmax(a[0], a[1]), fmax(a[in.cols], a[in.cols + 1]));
                }
    naive_free(in);
    return out;
}

naive_map naive_average(naive_map in) {
    naive_map out = new_map(in.n, in.channels, 1, 1);
    size_t pixels = in.rows * in.cols;
    for (size_t i = 0; i < in.n * in.channels; i++)
        for (size_t p = 0; p < pixels; p++)
            out.data[i] += in.data[i * pixels + p] / (double)pixels;
    naive_free(in);
    return out;
}

naive_map naive_add(naive_map in, naive_map shortcut, size_t stride) {
    for (size_t i = 0; i < in.n; i++)
        for (size_t c = 0; c < shortcut.channels; c++)
            for (size_t row = 0; row < in.rows; row++)
                for (size_t col = 0; col < in.cols; col++)
                    *at(in, i, c, row, col) += *at(shortcut, i, c, row * stride, col * stride);
    return in;
}

double naive_loss(naive_map in, const l2osr_dataset *set, const size_t *items, size_t classes,
                  const double *x, size_t *right) {
    size_t n = in.n, inputs = size(in) / n;
    double loss = 0;
    for (size_t i = 0; i < n; i++) {
        double sum = 0, own = 0, largest = -INFINITY;
        for (size_t j = 0; j < classes; j++) {
            double z = x[classes * inputs + j];
            for (size_t k = 0; k < inputs; k++)
                z += x[j * inputs + k] * in.data[i * inputs + k];
            sum += exp(z);
            own = j == l2osr_dataset_label(set, items[i]) ? z : own;
            largest = fmax(largest, z);
        }
        loss += (log(sum) - own) / (double)n;
        *right += own == largest;
    }
    naive_free(in);
    return loss;
}
