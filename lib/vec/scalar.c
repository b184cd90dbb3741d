/* SPDX-License-Identifier: MIT */
#include "vec/scalar.h"

#include "vec/math_f64.h"

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

double l2osr__cos_turn_f64(double u) {
    /* cos(x) = 1 - 2 sin(x/2)^2; sin by its series, x/2 = pi u within [-pi, pi] folded to [-pi/2,
     * pi/2] */
    double a = u < 0 ? -u : u;
    a = a > 0.5 ? 1 - a : a;
    const double x = 3.14159265358979323846 * a, z2 = x * x;
    double term = x, sum = x;
    for (int k = 1; k < 12; k++) {
        term *= -z2 / (double)(2 * k * (2 * k + 1));
        sum += term;
    }
    return 1 - 2 * sum * sum;
}
