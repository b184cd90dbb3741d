/* SPDX-License-Identifier: MIT */
#include "report.h"

const struct piece pieces[PIECES] = {
    {"fig1_workflow", 220, 15, true, true, "Fig. 1: from a numerical optimizer to a tuned formula",
     "A recurrent network is meta-trained, distilled into a formula, and the formula is tuned; "
     "what each stage made is evaluated.",
     "A diagram: initialized numerical optimizer, learned numerical optimizer, symbolic "
     "optimizer, meta-tuned symbolic optimizer; the complexity of the formula and the "
     "performance of all of them are evaluated.",
     "The stages are run here rather than drawn, so that each comes with what it was measured to "
     "do."},
    {"fig2_comparison", 700, 20, true, true, "Fig. 2: the tuned formula against tuned baselines",
     "Test accuracy against epochs on a residual network, which is trained on images that the "
     "formulas were not tuned on. The tuned rule comes from small MLPs. The fine-tuned one is the "
     "same with the best of three step sizes on resnet4, a residual network of half the channels, "
     "where evolution found no better constants; the published code fine-tunes on a ResNet-18.",
     "Final test accuracy in percent, after 170 to 300 epochs. ResNet-50, CIFAR-10: symbolic "
     "95.40, SGD with cosine schedule 94.93. ResNet-152, CIFAR-100: 78.07 and 80.26. "
     "MobileNetV2, CIFAR-100: 75.22, best baseline 74.90, which is SGD with cosine schedule and "
     "momentum.",
     "A small residual CNN for a few epochs stands for networks of 2 to 58 million parameters "
     "and hundreds of epochs: it is what two cores can train. Every baseline has the best step "
     "size of those tried for it on this network: 1 and 3 times powers of ten around the usual "
     "one, until both neighbours are worse. Those with \"+cos\" fall to 0 by half a cosine at "
     "the end of the run, which the rules are not told; Nesterov's momentum is there only so, "
     "and RMSProp only with a constant step size. Where the adapter for libtorch was built, "
     "ResNet-18, ResNet-50 and MobileNetV2 are trained as well, by the tuned rule and by torch's "
     "Adam, for 40 to 60 steps on images of 16 x 16 pixels, of the half that optimizers learn "
     "on: that is enough to see that they learn, and not where it would end."},
    {"fig3_mappings", 820, 70, true, true, "Fig. 3: what the optimizers compute",
     "The update u (before the step size) against one input at the current step. All that is "
     "held, other inputs and the past, is what it was in runs on P1, and each value is the "
     "median over these. Optimizers as markers, the equations distilled from them as black lines.",
     "Over inputs from -0.02 to 0.02, DM saturates like a sign, DM+CL+IL is a smooth sigmoid, "
     "and RP is nearly a straight line in the momentum and some ten times flatter in the "
     "gradient.",
     "Other models, trained on other data: the scales of the axes differ, the shapes can be "
     "compared."},
    {"fig4_trajectories", 30, 5, true, true, "Fig. 4: numerical models and their equations at work",
     "Losses of minibatches while a new network is trained.",
     "620 steps. DM ends at about 0.22 and its equation at 0.32, RP_si at 0.06 and its equation "
     "at 0.10.",
     "The published curves begin at 1.15 and 1.38, where a network that has learned nothing of "
     "ten classes has ln 10 = 2.30: it seems that they are scaled, by 0.5 and 0.6. Ours are "
     "cross-entropies as they are, so only the ratio of a model to its equation can be compared."},
    {"fig5_complexity", 440, 33, true, true,
     "Fig. 5: complexity and perception of distilled equations",
     "Left: R2 of the best equation with at most so many nodes. Right: the temporal perception "
     "field (TPF) of equations against their nodes. On P3.",
     "R2 of distilled equations, and how far back they look, against their complexity.",
     "R2 and the number of nodes are as in the published code. It does not define the perception "
     "field; ours is defined in doc/analysis.md. Our equations may hold exponential averages, "
     "each of which looks back over many steps with few nodes."},
    {"fig6_tanh", 1, 1, true, true, "Fig. 6: a tanh of any width",
     "gamma tanh(x / gamma) lies between the identity and a sign: gamma says where it bends.",
     "The function that its family of rules, Eq. 6, is made of.", "The same function."},
    {"fig7_mutation", 1, 1, false, false, "Fig. 7: a formula changes its shape",
     "A power k x^a is split into two, with exponents a + alpha and a - alpha, whose constants "
     "are then tuned.",
     "The operation, on one expression.",
     "The library splits, tunes and prunes; the terms that are added before are chosen by hand. "
     "The published code of the mutation is unfinished, so that the order of operations is ours, "
     "and constants are tuned on a quadratic function."},
    {"table_sanity", 2, 3, false, false, "Sanity checks of symbolic regression",
     "Known functions of 20 lags, to be found again.",
     "R2 of 1, 0.94, 0.98, 0.97 and 0.89 in 49 to 879 seconds.",
     "R2 is that on rows held out. For Adam the search has operators that sum over lags, which "
     "the paper's has not, and each target has seconds rather than minutes. The machines differ."},
    {"table_r2", 460, 30, false, false,
     "Table 7: how well equations fit what they are distilled from",
     "R2 on rows held out, of equations distilled from classic optimizers and from learned ones.",
     "0.83 and 0.85 for momentum(0.5) on P1 and P2, 0.25 and 0.31 for Adam(0.9, 0.9), 0.46 and "
     "0.54 for DM, 0.93 and 0.94 for RP, 0.94 twice for RP_si.",
     "Our equations may hold operators over time, such as exponential averages, which stand for "
     "a whole past; in the paper each lag is a variable of its own. Means and deviations of "
     "three searches, on runs on images held out. Of classic optimizers, as in the published code, "
     "steps count that have 20 gradients, the latest of which is not 0; of models all do. The "
     "models were meta-trained on P1 and are "
     "watched on both problems. P2 of the paper most likely has CIFAR-10, its classes in two "
     "halves: ours has so with --cifar, and else the images of P1."},
    {"table_models", 300, 26, false, false,
     "What models perceive, and what it takes to write them down",
     "Temporal perception field (TPF; how far back an input counts), mapping complexity (nodes "
     "of the simplest equation that fits nearly as well as the best), and the losses of models "
     "and of their equations.",
     "RP_si has the shortest perception and the simplest mapping; its loss of 0.08 is 0.09 once "
     "it is an equation.",
     "The published code defines neither the perception field nor the mapping complexity; ours "
     "are defined in doc/analysis.md. Our equations may hold exponential averages, so that a "
     "long memory takes five nodes, and they fit better: which model takes most nodes is then "
     "another question. Most of our training imitates rules (momentum for DM, without which raw "
     "gradients do not leave the starting plateau), and what imitates is simple. The third input "
     "of our RP_si, n, is how much of the recent gradients agrees; the paper has a letter and no "
     "definition. Our losses are means over the 20 minibatches before step 600, on images held "
     "out; the published ones seem to be scaled (Fig. 4), so that only their ratios can be "
     "compared."},
    {"table_tuned", 95, 6, false, false, "Tuned formula and tuned baselines on several networks",
     "Losses in the end, and accuracies on test images, of networks that the formulas were not "
     "tuned on, trained on images that they were not tuned on.",
     "The final test accuracies of Fig. 2.",
     "The networks are such as two cores train in minutes; what the paper has of larger ones "
     "is in the second table. Every baseline has its best step size for each network, of those "
     "tried as "
     "for Fig. 2."},
};
