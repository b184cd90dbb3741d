/* SPDX-License-Identifier: MIT */
/*
 * Synthetic digits. A template is jittered, bent by a smooth random field, sheared, turned and
 * scaled, and drawn by the distance of each pixel to the nearest piece of the pen's path. Every
 * item has a random stream of its own. Only operations that IEEE 754 rounds exactly are used, so
 * all machines draw the same pixels.
 */
#include "data/data.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "data/glyphs.h"

enum { SIDE = 28, PIXELS = SIDE * SIDE, CLASSES = 10, GRID = 4, SPAN_STEPS = 6, BATCH = 64 };

/* How much the writers differ; lengths in glyph boxes (1 = the height of a digit). */
static const float JITTER = 0.045f, BEND = 0.12f, TURN = 0.5f, SLANT = 0.5f, SHIFT = 2.8f;
static const float SMALLEST = 14.5f, LARGEST = 22.0f, THINNEST = 0.55f, THICKEST = 1.9f;

typedef struct point {
    float x, y;
} point;

typedef struct canvas {
    l2osr__rng rng;
    float xx, xy, yx, yy; /* glyph box, centred, to pixels */
    point centre;
    point bend[GRID][GRID];
    float radius;            /* of the pen, in pixels */
    float distance2[PIXELS]; /* squared, to the path drawn so far */
} canvas;

static float uniform(canvas *c, float low, float high) {
    return low + (high - low) * ((float)(l2osr__rng_u32(&c->rng) >> 8) * 0x1p-24f);
}

/* Bell-shaped within [-width, width]: the sum of two uniform numbers. */
static float around_zero(canvas *c, float width) {
    return uniform(c, -0.5f * width, 0.5f * width) + uniform(c, -0.5f * width, 0.5f * width);
}

static void choose_style(canvas *c) {
    float tangent = around_zero(c, TURN), cosine = 1.0f / sqrtf(1.0f + tangent * tangent);
    float sine = tangent * cosine, slant = around_zero(c, SLANT) - 0.1f;
    float height = uniform(c, SMALLEST, LARGEST), width = height * uniform(c, 0.6f, 1.05f);
    c->xx = cosine * width;
    c->xy = (cosine * slant - sine) * height;
    c->yx = sine * width;
    c->yy = (sine * slant + cosine) * height;
    c->centre.x = 0.5f * (SIDE - 1) + around_zero(c, SHIFT);
    c->centre.y = 0.5f * (SIDE - 1) + around_zero(c, SHIFT);
    c->radius = uniform(c, THINNEST, THICKEST);
    for (int i = 0; i < GRID; i++)
        for (int j = 0; j < GRID; j++)
            c->bend[i][j] = (point){around_zero(c, BEND), around_zero(c, BEND)};
}

static float blend(float a, float b, float t) {
    return a + (b - a) * t;
}

/* Cell of a coordinate in the bending field; *t receives the place within, eased to be smooth. */
static int cell(float x, float *t) {
    float scaled = fminf(fmaxf(x, 0.0f), 1.0f) * (GRID - 1);
    int i = scaled >= GRID - 1 ? GRID - 2 : (int)scaled;
    float f = scaled - (float)i;
    *t = f * f * (3.0f - 2.0f * f);
    return i;
}

/* From the glyph's box to pixels. */
static point place(const canvas *c, point p) {
    float s, t;
    int j = cell(p.x, &s), i = cell(p.y, &t);
    const point *up = &c->bend[i][j], *down = &c->bend[i + 1][j];
    float x = p.x - 0.5f + blend(blend(up[0].x, up[1].x, s), blend(down[0].x, down[1].x, s), t);
    float y = p.y - 0.5f + blend(blend(up[0].y, up[1].y, s), blend(down[0].y, down[1].y, s), t);
    return (point){c->centre.x + c->xx * x + c->xy * y, c->centre.y + c->yx * x + c->yy * y};
}

static int pixel_at(float x) {
    return x < 0 ? 0 : x > SIDE - 1 ? SIDE - 1 : (int)x;
}

static void draw_segment(canvas *c, point a, point b) {
    float reach = c->radius + 1.0f, dx = b.x - a.x, dy = b.y - a.y;
    float length2 = dx * dx + dy * dy, scale = length2 > 0 ? 1.0f / length2 : 0.0f;
    int x0 = pixel_at(fminf(a.x, b.x) - reach), x1 = pixel_at(fmaxf(a.x, b.x) + reach + 1);
    int y0 = pixel_at(fminf(a.y, b.y) - reach), y1 = pixel_at(fmaxf(a.y, b.y) + reach + 1);
    for (int y = y0; y <= y1; y++) {
        float *row = c->distance2 + y * SIDE, py = (float)y - a.y;
        for (int x = x0; x <= x1; x++) {
            float px = (float)x - a.x, along = (px * dx + py * dy) * scale;
            along = along < 0 ? 0 : along > 1 ? 1 : along;
            float ex = px - along * dx, ey = py - along * dy, distance2 = ex * ex + ey * ey;
            row[x] = distance2 < row[x] ? distance2 : row[x];
        }
    }
}

/* Catmull-Rom: through b at t = 0 and c at t = 1. */
static float spline(float a, float b, float c, float d, float t) {
    float p = 2 * b + (c - a) * t;
    p += ((2 * a - 5 * b + 4 * c - d) + (3 * (b - c) + d - a) * t) * t * t;
    return 0.5f * p;
}

static void draw_stroke(canvas *c, const l2osr__stroke *stroke) {
    point p[L2OSR__STROKE_POINTS];
    int n = stroke->points, steps = stroke->curve ? SPAN_STEPS : 3;
    for (int i = 0; i < n; i++) {
        p[i].x = 0.01f * (float)stroke->xy[i][0] + around_zero(c, JITTER);
        p[i].y = 0.01f * (float)stroke->xy[i][1] + around_zero(c, JITTER);
    }
    for (int i = 0; i + 1 < n; i++) {
        point before = p[i > 0 ? i - 1 : 0], after = p[i + 2 < n ? i + 2 : n - 1];
        point last = place(c, p[i]);
        for (int k = 1; k <= steps; k++) {
            float t = (float)k / (float)steps;
            point q = {blend(p[i].x, p[i + 1].x, t), blend(p[i].y, p[i + 1].y, t)};
            if (stroke->curve)
                q = (point){spline(before.x, p[i].x, p[i + 1].x, after.x, t),
                            spline(before.y, p[i].y, p[i + 1].y, after.y, t)};
            q = place(c, q);
            draw_segment(c, last, q);
            last = q;
        }
    }
}

/* Sum of the four bytes of a word: near enough to a normal distribution of deviation 148. */
static float noise(canvas *c) {
    uint32_t u = l2osr__rng_u32(&c->rng);
    return (float)((u & 255) + (u >> 8 & 255) + (u >> 16 & 255) + (u >> 24)) - 510.0f;
}

static void ink(canvas *c, uint8_t *pixels) {
    float darkness = uniform(c, 150.0f, 255.0f), graininess = uniform(c, 0.0f, 0.12f);
    for (int i = 0; i < PIXELS; i++) {
        float cover = c->radius + 0.5f - sqrtf(c->distance2[i]);
        cover = cover < 0 ? 0 : cover > 1 ? 1 : cover;
        float value = darkness * cover + graininess * noise(c) + 0.5f;
        pixels[i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
    }
}

static void draw_digit(uint8_t *pixels, unsigned digit, uint64_t seed, uint64_t index) {
    canvas c;
    l2osr__rng_init(&c.rng, seed, index);
    for (int i = 0; i < PIXELS; i++)
        c.distance2[i] = 4 * SIDE * SIDE;
    choose_style(&c);
    const l2osr__glyph *glyph =
        &l2osr__glyphs[digit][l2osr__rng_below(&c.rng, L2OSR__GLYPH_VARIANTS)];
    for (int s = 0; s < L2OSR__GLYPH_STROKES; s++)
        draw_stroke(&c, &glyph->strokes[s]);
    ink(&c, pixels);
}

typedef struct job {
    l2osr_dataset *set;
    uint64_t seed;
} job;

static l2osr_status draw_batch(void *arg, size_t batch) {
    const job *j = arg;
    for (size_t i = batch * BATCH; i < (batch + 1) * BATCH && i < j->set->n; i++) {
        j->set->labels[i] = (uint8_t)(i % CLASSES);
        draw_digit(j->set->pixels + i * PIXELS, j->set->labels[i], j->seed, i);
    }
    return L2OSR_OK;
}

l2osr_status l2osr_dataset_digits(l2osr_dataset **out, l2osr_context *ctx, size_t n,
                                  uint64_t seed) {
    if (!out || !ctx)
        return L2OSR_EINVAL;
    *out = NULL;
    if (n == 0)
        return l2osr__fail(ctx, L2OSR_EINVAL, "digits: n must be at least 1");
    L2OSR__TRY(l2osr__dataset_new(out, ctx, n, 1, SIDE, SIDE));
    (*out)->classes = CLASSES;
    job j = {*out, seed};
    l2osr_status status = l2osr__parallel_for(ctx, (n - 1) / BATCH + 1, draw_batch, &j);
    if (status != L2OSR_OK) {
        l2osr_dataset_free(*out);
        *out = NULL;
    }
    return status;
}
