/* SPDX-License-Identifier: MIT */
/* Rules as people name or type them. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

enum { LONGEST = 1 << 16 };

static bool begins_with(const char *text, const char *word) {
    return strncmp(text, word, strlen(word)) == 0;
}

static void append(char *out, const char *text, size_t length) {
    const size_t used = strlen(out);
    if (used + length >= LONGEST)
        fail("the rule is longer than %d characters", LONGEST - 1);
    memcpy(out + used, text, length);
    out[used + length] = '\0';
}

/* A rule file from what one types: ';' ends a line, the header and `update =` may be left out. */
static void complete_text(const char *typed, char *out) {
    out[0] = '\0';
    if (!begins_with(typed, "l2osr-rule"))
        append(out, "l2osr-rule 1\n", 13);
    while (*typed) {
        while (isspace((unsigned char)*typed))
            typed++;
        const size_t length = strcspn(typed, ";");
        const bool statement = begins_with(typed, "let ") || begins_with(typed, "default ") ||
                               begins_with(typed, "update") || begins_with(typed, "l2osr-rule") ||
                               *typed == '#';
        if (length > 0 && !statement)
            append(out, "update = ", 9);
        append(out, typed, length);
        append(out, "\n", 1);
        typed += length + (typed[length] != '\0');
    }
}

/* What is there is a file, whatever it is called; what looks like a formula is one. */
l2osr_rule *open_rule(l2osr_context *ctx, const char *word) {
    static char text[LONGEST];
    l2osr_rule *rule;
    if (access(word, F_OK) == 0) {
        must(ctx, l2osr_rule_load(&rule, ctx, word));
    } else if (*word == '-' || strpbrk(word, " ;=()*^")) {
        complete_text(word, text);
        must(ctx, l2osr_rule_parse(&rule, ctx, text, "your rule"));
    } else if (strpbrk(word, "./")) {
        must(ctx, l2osr_rule_load(&rule, ctx, word));
    } else {
        must(ctx, l2osr_rule_preset(&rule, ctx, word));
    }
    return rule;
}

l2osr_rule *decay_rule(l2osr_context *ctx, const l2osr_rule *rule, const char *name, size_t steps) {
    static const char mark[] = "update = ";
    const char *text = l2osr_rule_text(rule), *update = strstr(text, mark);
    char decaying[1024];
    l2osr_rule *out;
    if (!update)
        fail("%s: no update", name);
    const int head = (int)(update - text), length = (int)strcspn(update, "\n") - (int)strlen(mark);
    const int needed =
        snprintf(decaying, sizeof decaying,
                 "%.*slet fade = 0.5 + 0.5 * cos(3.141592653589793 * (t - 1) / %zu)\n"
                 "update = fade * (%.*s)\n",
                 head, text, steps, length, update + strlen(mark));
    if (needed >= (int)sizeof decaying)
        fail("%s: the rule is too long to decay", name);
    must(ctx, l2osr_rule_parse(&out, ctx, decaying, name));
    return out;
}
