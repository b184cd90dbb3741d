/* SPDX-License-Identifier: MIT */
/** @file scalar.h The vector kernels' f64 functions for one number: the same bits as the kernels.
 */
#ifndef L2OSR_VEC_SCALAR_H
#define L2OSR_VEC_SCALAR_H

double l2osr__exp_f64(double x);
double l2osr__log_f64(double x);
double l2osr__tanh_f64(double x);
double l2osr__power_f64(double x, double y);

/** cos(2 pi u), |u| <= 1, to about 1e-12; for schedules. */
double l2osr__cos_turn_f64(double u);

#endif
