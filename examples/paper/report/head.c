/* SPDX-License-Identifier: MIT */
/* The head of the report. */
#include "report.h"

static const char title[] = "Symbolic Learning to Optimize: its figures and tables, made again";
static const char about[] =
    "Everything here was computed by the programs of examples/paper, which use l2osr, and "
    "libtorch for the largest networks where there is an adapter for it; what is marked as the "
    "paper's is copied from \"Symbolic Learning to Optimize: Towards Interpretability and "
    "Scalability\" (ICLR 2022). P1 is an MLP 784-30-20-10, P2 a small CNN, P3 an MLP 784-20-10, "
    "each with minibatches of 128 and weights that begin as N(0, 0.01^2): the paper names P1, P2 "
    "and P3, and these are what they most likely are. Of the other networks, mlp2_he and resnet "
    "begin as He et al. have it. Optimizers learn on one half of the training images. Losses are "
    "of minibatches of the other half, while a new network is trained on it; accuracies are "
    "those of such a network on test images.";
static const char quick[] =
    "It shows that everything works, and is smaller than the texts say. Models had 30 "
    "meta-steps, and formulas were searched for 2 times instead of 3, with 4,000 evaluations "
    "instead of 80,000. Losses are those of 2 starts at step 80 instead of 5 at step 600 (Fig. "
    "4: 2 and 120 instead of 10 and 620). A sanity check had 1 second instead of 10. In Fig. 2 "
    "and in the last table networks were trained for 12 steps instead of 3 epochs, from one "
    "start instead of 2, and step sizes are the better of two; resnet4, which is the network "
    "that the fine-tuned rule was tuned on, stands for resnet, and those of libtorch are left "
    "out.";

static void write_facts(FILE *out, const struct writer *w, const struct paper *p,
                        const struct csv *stages) {
    char facts[FACTS][LONGEST_FACT], seed[32], size[64];
    struct grid grid = grid_create(FACTS + 2, 1);
    double seconds = 0;
    for (size_t i = 0; i < PIECES; i++)
        seconds += seconds_of(stages, pieces[i].name);
    read_facts(p, facts);
    snprintf(seed, sizeof seed, "%zu", p->seed);
    snprintf(size, sizeof size, "%s, %.0f s in all", p->quick ? "--quick" : "full", seconds);
    grid.corner = "this run";
    grid.column_names[0] = "";
    for (size_t i = 0; i < FACTS; i++) {
        grid.row_names[i] = fact_names[i];
        grid_cell(&grid, i, 0)->ours = facts[i];
    }
    grid.row_names[FACTS] = "seed";
    grid_cell(&grid, FACTS, 0)->ours = seed;
    grid.row_names[FACTS + 1] = "size";
    grid_cell(&grid, FACTS + 1, 0)->ours = size;
    w->grid(out, &grid);
    grid_free(&grid);
}

static void write_aims(FILE *out, const struct writer *w, const struct paper *p) {
    static const char *const columns[] = {"paper", "aim", "ours", "verdict"};
    struct aim aims[AIMS];
    struct grid grid = grid_create(AIMS, 4);
    judge(p, aims);
    for (size_t i = 0; i < 4; i++)
        grid.column_names[i] = columns[i];
    for (size_t i = 0; i < AIMS; i++) {
        grid.row_names[i] = aims[i].what;
        grid_cell(&grid, i, 0)->ours = aims[i].paper;
        grid_cell(&grid, i, 1)->ours = aims[i].goal;
        grid_cell(&grid, i, 2)->ours = aims[i].ours;
        grid_cell(&grid, i, 3)->ours = verdict_name(&aims[i]);
        grid_cell(&grid, i, 3)->verdict = true;
    }
    w->heading(out, "aims", "What it must show");
    w->grid(out, &grid);
    grid_free(&grid);
}

void write_head(FILE *out, const struct writer *w, const struct runner *r,
                const struct csv *stages) {
    w->begin(out, title);
    w->paragraph(out, NULL, about);
    w->contents(out);
    write_facts(out, w, r->paper, stages);
    if (r->paper->quick)
        w->paragraph(out, "A quick run:", quick);
    write_aims(out, w, r->paper);
}
