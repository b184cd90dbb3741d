/* SPDX-License-Identifier: MIT */
/** @file glyphs.h How people write the ten digits: templates that l2osr_dataset_digits() distorts.
 */
#ifndef L2OSR_DATA_GLYPHS_H
#define L2OSR_DATA_GLYPHS_H

enum { L2OSR__GLYPH_VARIANTS = 3, L2OSR__GLYPH_STROKES = 2, L2OSR__STROKE_POINTS = 12 };

/** One stroke of the pen through some points; a curve is drawn as a Catmull-Rom spline, else as
 * straight lines. */
typedef struct l2osr__stroke {
    unsigned char points, curve;
    signed char xy[L2OSR__STROKE_POINTS][2]; /* percent of the glyph's box; y points down */
} l2osr__stroke;

typedef struct l2osr__glyph {
    l2osr__stroke strokes[L2OSR__GLYPH_STROKES]; /* an unused one has no points */
} l2osr__glyph;

extern const l2osr__glyph l2osr__glyphs[10][L2OSR__GLYPH_VARIANTS];

#endif
