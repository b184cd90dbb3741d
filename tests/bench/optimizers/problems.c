/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "optimizers.h"

static const struct problem known[] = {
    {.name = "resnet", .kind = "resnet4", .by_default = true},
    {.name = "small_cnn", .kind = "cnn", .by_default = true},
    {.name = "mlp", .kind = "mlp2", .by_default = true, .quick = true},
    {.name = "mlp_he", .kind = "mlp2_he"}, /* where SGD, too, leaves the start */
    {.name = "sigmoid", .kind = "sigmoid", .by_default = true, .quick = true},
    {.name = "logistic", .kind = "logistic", .by_default = true, .quick = true},
};
enum { KNOWN = sizeof known / sizeof known[0] };

/* Whether a list with commas has the name. */
static bool is_in(const char *names, const char *name, size_t length) {
    for (const char *at = names; *at; at += strcspn(at, ","), at += *at == ',')
        if (strcspn(at, ",") == length && strncmp(at, name, length) == 0)
            return true;
    return false;
}

static void check_names(const char *names) {
    char all[128] = "";
    for (size_t k = 0; k < KNOWN; k++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", k ? "," : "", known[k].name);
    for (const char *at = names; *at; at += strcspn(at, ","), at += *at == ',') {
        const size_t length = strcspn(at, ",");
        if (!is_in(all, at, length))
            fail("--tasks: no '%.*s'; there are %s", (int)length, at, all);
    }
}

size_t open_problems(l2osr_context *ctx, const struct images *images, const char *names, bool quick,
                     struct problem *problems) {
    size_t n = 0;
    if (names)
        check_names(names);
    for (size_t i = 0; i < KNOWN; i++) {
        const bool wanted = names   ? is_in(names, known[i].name, strlen(known[i].name))
                            : quick ? known[i].quick
                                    : known[i].by_default;
        if (!wanted)
            continue;
        problems[n] = known[i];
        problems[n].task = open_image_task(ctx, known[i].kind, images->held_out, images->all_test);
        n++;
    }
    if (n == 0)
        fail("--tasks: names none");
    return n;
}
