/* SPDX-License-Identifier: MIT */
/* Writes Adam as C to the file that is its argument, for bench_step. */
#include <stdio.h>

#include "l2osr.h"

int main(int argc, char **argv) {
    l2osr_emit_options o = L2OSR_EMIT_OPTIONS_INIT;
    l2osr_context *ctx;
    l2osr_rule *rule;
    o.name = "adam_rule";
    if (argc != 2 || l2osr_context_create(&ctx, NULL) != L2OSR_OK)
        return 2;
    l2osr_status status = l2osr_rule_preset(&rule, ctx, "adam");
    if (status == L2OSR_OK)
        status = l2osr_rule_emit_save(rule, L2OSR_LANGUAGE_C, &o, argv[1]);
    if (status != L2OSR_OK)
        fprintf(stderr, "emit_adam: %s\n", l2osr_context_errmsg(ctx));
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
    return status != L2OSR_OK;
}
