/* SPDX-License-Identifier: MIT */
#include "vec/scalar.h"

#include "vec/math.h"

double l2osr__exp(double x) {
    return exp_f64(x);
}

double l2osr__log(double x) {
    return log_f64(x);
}

double l2osr__tanh(double x) {
    return tanh_f64(x);
}

double l2osr__power(double x, double y) {
    return power_f64(x, y);
}
