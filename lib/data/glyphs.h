/* SPDX-License-Identifier: MIT */
/** @file glyphs.h How people write the ten digits: templates for l2osr_dataset_digits(). */
#ifndef L2OSR_DATA_GLYPHS_H
#define L2OSR_DATA_GLYPHS_H

enum { L2OSR__GLYPH_VARIANTS = 3, L2OSR__GLYPH_STROKES = 2, L2OSR__STROKE_POINTS = 12 };

/** A stroke of the pen through points: straight lines, or a curve (a Catmull-Rom spline). */
typedef struct l2osr__stroke {
    unsigned char points, curve;
    signed char xy[L2OSR__STROKE_POINTS][2]; /* percent of the glyph's box; y points down */
} l2osr__stroke;

typedef struct l2osr__glyph {
    l2osr__stroke strokes[L2OSR__GLYPH_STROKES]; /* an unused one has no points */
} l2osr__glyph;

extern const l2osr__glyph l2osr__glyphs[10][L2OSR__GLYPH_VARIANTS];

#endif
