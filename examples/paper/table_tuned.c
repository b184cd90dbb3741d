/* SPDX-License-Identifier: MIT */
/* What the tuned rule comes to beside optimizers with the best of several step sizes, on several
 * networks that it was not tuned on, and what the paper has to say of its own. */
#include <math.h>
#include <stdio.h>

#include "baselines.h"

/* Test accuracies of the paper's large networks, in percent: other networks than ours, trained for
 * 170 to 300 epochs. "mom(0)" is how the paper writes it. */
static const struct published {
    const char *network, *optimizer;
    double accuracy;
} published[] = {
    {"ResNet50 / CIFAR-10", "Symbolic L2O", 95.40},
    {"ResNet50 / CIFAR-10", "SGD+cos", 94.93},
    {"ResNet50 / CIFAR-10", "SGD+mom(0)", 93.69},
    {"ResNet50 / CIFAR-10", "SGD", 78.34},
    {"ResNet50 / CIFAR-10", "SGD+mom(0.999)", 10.00},
    {"ResNet50 / CIFAR-10", "Adam", 10.00},
    {"ResNet152 / CIFAR-100", "Symbolic L2O", 78.07},
    {"ResNet152 / CIFAR-100", "SGD+cos+mom(0)", 68.49},
    {"ResNet152 / CIFAR-100", "SGD+cos", 80.26},
    {"ResNet152 / CIFAR-100", "SGD+nest", 61.93},
    {"ResNet152 / CIFAR-100", "Adam+lr(0.01)", 22.40},
    {"MobileNetV2 / CIFAR-100", "Symbolic L2O", 75.22},
    {"MobileNetV2 / CIFAR-100", "SGD+cos+mom(0)", 74.90},
    {"MobileNetV2 / CIFAR-100", "SGD+cos+nest", 72.54},
    {"MobileNetV2 / CIFAR-100", "SGD+cos", 73.01},
    {"MobileNetV2 / CIFAR-100", "SGD+lr(0.001)", 64.27},
    {"MobileNetV2 / CIFAR-100", "Adam+cos", 1.00},
};
enum { PUBLISHED = sizeof published / sizeof published[0] };

/* The quickest first; mlp2 begins on a plateau that plain gradients do not leave, mlp2_he does not.
 */
static const struct trained {
    const char *network;
    bool cifar; /* only with --cifar */
} trained[] = {{"logistic", false}, {"mlp2", false},   {"mlp2_he", false}, {"cnn", false},
               {"cnn", true},       {"resnet", false}, {"resnet", true}};
enum { TRAINED = sizeof trained / sizeof trained[0] };

static void put_network(const struct sheet *table, const struct arena *a,
                        const struct outcome *outcomes) {
    const l2osr_spread none = {NAN, NAN};
    char loss_column[120], accuracy_column[120];
    snprintf(loss_column, sizeof loss_column, "%s: loss", a->title);
    snprintf(accuracy_column, sizeof accuracy_column, "%s: accuracy, %%", a->title);
    for (size_t i = 0; i < OPTIMIZERS; i++) {
        const l2osr_spread accuracy = final_accuracy(&outcomes[i]);
        const l2osr_spread percent = {100 * accuracy.mean, 100 * accuracy.deviation};
        put_spread(table, optimizer_names[i], loss_column, final_loss(&outcomes[i]), none);
        put_spread(table, optimizer_names[i], accuracy_column, percent, none);
    }
}

static void put_published(const struct sheet *table) {
    for (const struct published *it = published; it < published + PUBLISHED; it++) {
        char column[64];
        snprintf(column, sizeof column, "%s (paper): accuracy, %%", it->network);
        put_number(table, it->optimizer, column, NAN, NAN, it->accuracy);
    }
}

int main(int argc, char **argv) {
    static struct outcome outcomes[TRAINED][OPTIMIZERS];
    struct arena arenas[TRAINED];
    size_t n = 0;
    struct paper p;
    paper_open(&p, argc, argv,
               "Loss and accuracy of the tuned rule beside optimizers with the best of several\n"
               "step sizes, on networks and images that it was not tuned on.",
               NULL, 0);
    for (const struct trained *it = trained; it < trained + TRAINED; it++) {
        if (it->cifar && !p.cifar)
            continue;
        arenas[n] = open_arena(&p, it->network, it->cifar);
        for (size_t i = 0; i < OPTIMIZERS; i++)
            outcomes[n][i] = measure(&p, &arenas[n], i);
        print_outcomes(&arenas[n], outcomes[n]);
        close_arena(&arenas[n++]);
    }
    struct sheet table;
    begin_table(&table, &p, "table_tuned");
    for (size_t k = 0; k < n; k++)
        put_network(&table, &arenas[k], outcomes[k]);
    put_published(&table);
    end_sheet(&table);
    paper_close(&p);
    return 0;
}
