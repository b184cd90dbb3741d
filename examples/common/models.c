/* SPDX-License-Identifier: MIT */
/* Numerical models as the command line describes them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

enum { MAX_HIDDEN = 3, LONGEST = 1 << 16 };

/* A file of `let` lines, as text that the caller frees. */
static char *read_text(const char *path) {
    FILE *file = fopen(path, "r");
    char *text = malloc(LONGEST);
    if (!file || !text)
        fail("%s: %s", path, strerror(errno));
    const size_t length = fread(text, 1, LONGEST, file);
    if (ferror(file) || length == LONGEST)
        fail("%s: cannot be read, or has more than %d characters", path, LONGEST - 1);
    fclose(file);
    text[length] = '\0';
    return text;
}

static void set_hidden(l2osr_model_options *o, const char *text, size_t *sizes) {
    double numbers[MAX_HIDDEN];
    o->hidden = sizes;
    o->n_hidden = read_numbers("hidden", text, numbers, MAX_HIDDEN);
    for (size_t i = 0; i < o->n_hidden; i++) {
        if (!(numbers[i] >= 1 && numbers[i] <= 1e6))
            fail("--hidden %s: sizes are whole numbers from 1 on", text);
        sizes[i] = (size_t)numbers[i];
    }
}

static l2osr_output read_output(const char *word) {
    static const char *const words[] = {"", "tanh", "linear", "scaled"};
    for (int i = L2OSR_OUTPUT_TANH; i <= L2OSR_OUTPUT_SCALED_TANH; i++)
        if (strcmp(word, words[i]) == 0)
            return (l2osr_output)i;
    fail("--output %s: it is tanh, linear or scaled", word);
}

static l2osr_model *create(l2osr_context *ctx, const struct model_choice *c,
                           const l2osr_task *task) {
    size_t sizes[MAX_HIDDEN];
    char *features = c->features ? read_text(c->features) : NULL;
    l2osr_model *model;
    l2osr_model_options o = {.struct_size = sizeof o,
                             .preset = c->preset,
                             .inputs = c->inputs,
                             .features = features,
                             .pre = c->no_pre ? L2OSR_MODEL_NO_PRE : c->pre,
                             .output = c->output ? read_output(c->output) : 0,
                             .groups = c->groups ? l2osr_task_group_count(task) : 0};
    if (c->hidden)
        set_hidden(&o, c->hidden, sizes);
    must(ctx, l2osr_model_create(&model, ctx, &o));
    free(features);
    return model;
}

l2osr_model *open_model(l2osr_context *ctx, const struct model_choice *c, const l2osr_task *task) {
    l2osr_model *model;
    if (c->no_pre && c->pre)
        fail("--pre and --no-pre contradict each other");
    if (c->from && (c->inputs || c->features || c->hidden || c->pre || c->no_pre ||
                    c->output || c->groups))
        fail("%s has an architecture: --from takes no options of another one", c->from);
    if (c->from)
        must(ctx, l2osr_model_load(&model, ctx, c->from));
    else
        model = create(ctx, c, task);
    if (c->import)
        must(ctx, l2osr_model_import(model, c->import));
    return model;
}
