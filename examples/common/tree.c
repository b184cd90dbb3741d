/* SPDX-License-Identifier: MIT */
/* Formulas as pictures of trees. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

/* Lengths are pixels. */
enum {
    FONT = 13,
    LEVEL = 50,  /* from a node down to its operands */
    BOX = 24,    /* height of a node */
    GAP = 10,    /* between nodes side by side */
    MARGIN = 24, /* around a tree */
    CAPTION = 28,
    WIDEST = 1200 /* row of trees, unless one of them is wider */
};

struct node {
    char label[40];
    size_t operands, depth;
    double x, half; /* centre, and half of the width */
};

/* Nodes come before their operands. */
struct tree {
    const char *caption;
    struct node *nodes;
    size_t n, levels;
    double width;
};

/* Of the font that nobody knows. */
static double width_of(const char *text) {
    return 0.6 * FONT * (double)strlen(text);
}

static void *must_have(void *memory) {
    if (!memory)
        fail("out of memory");
    return memory;
}

/* ---- where everything is ---- */

/* Of a label without operands: a number, or a list of them. */
static bool is_constant(const char *label) {
    return strchr("-{0123456789", label[0]) != NULL;
}

static int add_node(void *user, const char *label, size_t operands) {
    struct tree *tree = user;
    if ((tree->n & (tree->n - 1)) == 0)
        tree->nodes = must_have(realloc(tree->nodes, 2 * (tree->n + 1) * sizeof *tree->nodes));
    struct node *node = &tree->nodes[tree->n++];
    const char *text = label[0] == '~' ? label + 1 : label;
    *node = (struct node){.operands = operands};
    if (operands == 0 && is_constant(text) && text[0] != '{')
        snprintf(node->label, sizeof node->label, "%.3g", strtod(text, NULL));
    else
        snprintf(node->label, sizeof node->label, "%s", text);
    node->half = (width_of(node->label) + FONT) / 2;
    return 0;
}

/* Puts node `i` above its operands, and all of them to the right of what is there already: on each
 * level that reaches to taken[]. Returns the node behind them. */
static size_t place(struct tree *tree, size_t i, size_t depth, double *taken) {
    struct node *node = &tree->nodes[i];
    size_t next = i + 1, last = next;
    for (size_t k = 0; k < node->operands; k++) {
        last = next;
        next = place(tree, next, depth + 1, taken);
    }
    const double leftmost = taken[depth] + node->half;
    node->depth = depth;
    node->x = node->operands ? (tree->nodes[i + 1].x + tree->nodes[last].x) / 2 : leftmost;
    const double shift = node->x < leftmost ? leftmost - node->x : 0;
    for (size_t k = i; k < next; k++) {
        struct node *moved = &tree->nodes[k];
        moved->x += shift;
        if (taken[moved->depth] < moved->x + moved->half + GAP)
            taken[moved->depth] = moved->x + moved->half + GAP;
    }
    return next;
}

static struct tree lay_out(l2osr_context *ctx, const struct tree_of *of) {
    struct tree tree = {.caption = of->caption, .width = width_of(of->caption)};
    must(ctx, l2osr_rule_walk(of->rule, add_node, &tree));
    double *taken = must_have(calloc(tree.n, sizeof *taken)), width = 0;
    place(&tree, 0, 0, taken);
    for (; tree.levels < tree.n && taken[tree.levels] > 0; tree.levels++)
        if (width < taken[tree.levels] - GAP)
            width = taken[tree.levels] - GAP;
    for (size_t i = 0; i < tree.n && width < tree.width; i++)
        tree.nodes[i].x += (tree.width - width) / 2;
    if (tree.width < width)
        tree.width = width;
    free(taken);
    return tree;
}

/* ---- the picture ---- */

static void put_text(FILE *svg, double x, double y, const char *colour, const char *weight,
                     const char *text) {
    fprintf(svg, "<text x='%.1f' y='%.1f' fill='%s' font-weight='%s'>", x, y, colour, weight);
    for (; *text; text++)
        switch (*text) {
        case '&':
            fputs("&amp;", svg);
            break;
        case '<':
            fputs("&lt;", svg);
            break;
        case '>':
            fputs("&gt;", svg);
            break;
        default:
            fputc(*text, svg);
        }
    fputs("</text>\n", svg);
}

/* Black are operators, then names, then numbers. */
static const char *colour_of(const struct node *node) {
    return plot_colour(node->operands ? 1 : is_constant(node->label) ? 3 : 2);
}

static double centre_of(const struct node *node) {
    return CAPTION + BOX / 2.0 + LEVEL * (double)node->depth;
}

/* Lines from node `i` to its operands; returns the node behind them. */
static size_t put_branches(FILE *svg, const struct tree *tree, size_t i) {
    const struct node *node = &tree->nodes[i];
    size_t next = i + 1;
    for (size_t k = 0; k < node->operands; k++) {
        const struct node *operand = &tree->nodes[next];
        fprintf(svg, "<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='%s'/>\n", node->x,
                centre_of(node), operand->x, centre_of(operand), plot_colour(8));
        next = put_branches(svg, tree, next);
    }
    return next;
}

static void put_node(FILE *svg, const struct node *node) {
    const char *colour = colour_of(node);
    fprintf(svg,
            "<rect x='%.1f' y='%.1f' width='%.1f' height='%d' rx='%d' fill='white' "
            "stroke='%s'/>\n",
            node->x - node->half, centre_of(node) - BOX / 2.0, 2 * node->half, BOX, BOX / 2,
            colour);
    put_text(svg, node->x, centre_of(node) + 0.35 * FONT, colour, "normal", node->label);
}

static void put_tree(FILE *svg, const struct tree *tree, double x, double y) {
    fprintf(svg, "<g transform='translate(%.1f,%.1f)'>\n", x, y);
    put_text(svg, tree->width / 2, FONT, plot_colour(1), "bold", tree->caption);
    put_branches(svg, tree, 0);
    for (size_t i = 0; i < tree->n; i++)
        put_node(svg, &tree->nodes[i]);
    fputs("</g>\n", svg);
}

/* Trees that lie side by side. */
struct row {
    size_t n;
    double width, height;
};

static struct row fill_row(const struct tree *trees, size_t n) {
    struct row row = {0, MARGIN, 0};
    while (row.n < n && (row.n == 0 || row.width + trees[row.n].width + MARGIN <= WIDEST)) {
        const struct tree *tree = &trees[row.n++];
        const double height = CAPTION + LEVEL * (double)(tree->levels - 1) + BOX;
        row.width += tree->width + MARGIN;
        row.height = height > row.height ? height : row.height;
    }
    return row;
}

static void put_rows(FILE *svg, const struct tree *trees, size_t n) {
    double y = MARGIN;
    for (size_t i = 0; i < n;) {
        const struct row row = fill_row(trees + i, n - i);
        double x = MARGIN;
        for (const size_t end = i + row.n; i < end; i++) {
            put_tree(svg, &trees[i], x, y);
            x += trees[i].width + MARGIN;
        }
        y += row.height + MARGIN;
    }
}

static void put_picture(FILE *svg, const struct tree *trees, size_t n) {
    double width = 0, height = MARGIN;
    for (size_t i = 0; i < n;) {
        const struct row row = fill_row(trees + i, n - i);
        width = row.width > width ? row.width : width;
        height += row.height + MARGIN;
        i += row.n;
    }
    fprintf(svg,
            "<svg xmlns='http://www.w3.org/2000/svg' width='%.0f' height='%.0f' "
            "font-family='sans-serif' font-size='%d' text-anchor='middle'>\n"
            "<rect width='100%%' height='100%%' fill='white'/>\n",
            width, height, FONT);
    put_rows(svg, trees, n);
    fputs("</svg>\n", svg);
}

void draw_trees(l2osr_context *ctx, const char *svg, const struct tree_of *rules, size_t n) {
    struct tree *trees = must_have(calloc(n + 1, sizeof *trees));
    for (size_t i = 0; i < n; i++)
        trees[i] = lay_out(ctx, &rules[i]);
    FILE *file = begin_output(svg);
    put_picture(file, trees, n);
    end_output(file, svg);
    for (size_t i = 0; i < n; i++)
        free(trees[i].nodes);
    free(trees);
}
