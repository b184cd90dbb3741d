/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

static const char *program;

static void print_help(const char *about, const struct flag *flags, size_t n,
                       const char *positional) {
    static const char *const kinds[] = {"", " TEXT", " N", " X"};
    printf("usage: %s [options]%s%s\n\n%s\n\n", program, positional ? " " : "",
           positional ? positional : "", about);
    for (size_t i = 0; i < n; i++) {
        char left[40];
        snprintf(left, sizeof left, "--%s%s", flags[i].name, kinds[flags[i].kind]);
        printf("  %-24s %s", left, flags[i].help);
        if (flags[i].kind == FLAG_COUNT)
            printf(" [%zu]", *(size_t *)flags[i].value);
        else if (flags[i].kind == FLAG_NUMBER)
            printf(" [%g]", *(double *)flags[i].value);
        else if (flags[i].kind == FLAG_TEXT && *(const char **)flags[i].value)
            printf(" [%s]", *(const char **)flags[i].value);
        puts("");
    }
    printf("  %-24s %s\n", "--help", "this text");
    exit(0);
}

static void wrong_use(const char *what, const char *word) {
    fprintf(stderr, "%s: %s '%s' (see --help)\n", program, what, word);
    exit(2);
}

static void set_value(const struct flag *flag, const char *text) {
    char *end;
    if (flag->kind == FLAG_TEXT) {
        *(const char **)flag->value = text;
    } else if (flag->kind == FLAG_COUNT) {
        unsigned long long count = strtoull(text, &end, 10);
        if (*text < '0' || *text > '9' || *end || count > SIZE_MAX)
            wrong_use("not a whole number:", text);
        *(size_t *)flag->value = (size_t)count;
    } else {
        *(double *)flag->value = strtod(text, &end);
        if (end == text || *end)
            wrong_use("not a number:", text);
    }
}

size_t read_flags(int argc, char **argv, const char *about, const struct flag *flags, size_t n,
                  const char *positional, const char **words, size_t max_words) {
    const char *slash = strrchr(argv[0], '/');
    size_t count = 0;
    program = slash ? slash + 1 : argv[0];
    for (int i = 1; i < argc; i++) {
        const struct flag *flag = flags;
        if (strcmp(argv[i], "--help") == 0)
            print_help(about, flags, n, positional);
        if (strncmp(argv[i], "--", 2) != 0) {
            if (count == max_words)
                wrong_use("unexpected argument", argv[i]);
            words[count++] = argv[i];
            continue;
        }
        while (flag < flags + n && strcmp(flag->name, argv[i] + 2) != 0)
            flag++;
        if (flag == flags + n)
            wrong_use("unknown option", argv[i]);
        if (flag->kind == FLAG_BOOL)
            *(bool *)flag->value = true;
        else if (i + 1 == argc)
            wrong_use("missing value after", argv[i]);
        else
            set_value(flag, argv[++i]);
    }
    return count;
}

size_t read_numbers(const char *flag, const char *text, double *numbers, size_t max) {
    size_t count = 0;
    for (const char *at = text;; at++) {
        char *end;
        const double number = strtod(at, &end);
        if (end == at || (*end && *end != ',') || count == max) {
            fprintf(stderr, "%s: --%s takes up to %zu numbers with commas between them, not '%s'\n",
                    program, flag, max, text);
            exit(2);
        }
        numbers[count++] = number;
        at = end;
        if (!*end)
            return count;
    }
}

size_t read_counts(const char *flag, const char *text, size_t *counts, size_t max) {
    const double most = 1e15; /* whole numbers are exact up to there */
    double numbers[LONGEST_WORD];
    const size_t n = read_numbers(flag, text, numbers, max < LONGEST_WORD ? max : LONGEST_WORD);
    for (size_t i = 0; i < n; i++) {
        if (!(numbers[i] >= 0 && numbers[i] <= most) || numbers[i] != floor(numbers[i]))
            fail("--%s %s: whole numbers, please", flag, text);
        counts[i] = (size_t)numbers[i];
    }
    return n;
}

bool next_word(const char *flag, const char **list, char word[LONGEST_WORD]) {
    const size_t length = *list ? strcspn(*list, ",") : 0;
    if (length == 0)
        return false;
    if (length >= LONGEST_WORD)
        fail("--%s: too long", flag);
    memcpy(word, *list, length);
    word[length] = '\0';
    *list += length + ((*list)[length] == ',');
    return true;
}

int choose_word(const char *flag, const char *word, const char *list) {
    const size_t length = strlen(word);
    int number = 0;
    for (const char *at = list; *at; number++) {
        const size_t size = strcspn(at, " ");
        if (size == length && strncmp(at, word, size) == 0)
            return number;
        at += size + (at[size] == ' ');
    }
    fail("--%s is one of: %s; not '%s'", flag, list, word);
}

void fail(const char *format, ...) {
    va_list arguments;
    fprintf(stderr, "%s: ", program ? program : "l2osr");
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}
