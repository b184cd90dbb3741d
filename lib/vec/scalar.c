/* SPDX-License-Identifier: MIT */
#include "vec/scalar.h"

#include "vec/math.h"

double l2osr__exp_f64(double x) {
    return exp_f64(x);
}

double l2osr__log_f64(double x) {
    return log_f64(x);
}

double l2osr__tanh_f64(double x) {
    return tanh_f64(x);
}

double l2osr__power_f64(double x, double y) {
    return power_f64(x, y);
}
