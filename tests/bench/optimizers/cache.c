/* SPDX-License-Identifier: MIT */
/* What runs came to, by all that it depends on but the library itself: a CSV file in a folder that
 * is to be removed when training changes. A line is written as soon as a run ends, so that a
 * program that is killed goes on from there. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "optimizers.h"

enum { KEY = 160, LINE = KEY + 128 };

struct row {
    uint64_t key; /* hash of what the line begins with */
    struct figures figures;
};

struct cache {
    FILE *file; /* or NULL */
    size_t n, capacity;
    struct row *rows;
};

/* FNV-1a. */
static uint64_t hash(const char *text, size_t length) {
    uint64_t h = 0xcbf29ce484222325;
    for (size_t i = 0; i < length; i++)
        h = (h ^ (unsigned char)text[i]) * 0x100000001b3;
    return h;
}

/* What a line begins with: task,images,rule,lr,seed,at */
static size_t write_key(const struct setup *s, const struct run *run, size_t mark, char *key) {
    const char *rule = l2osr_rule_text(run->rule);
    return (size_t)snprintf(
        key, KEY, "%s,%.60s,%016llx,%.17g,%zu,%zu", s->problems[run->problem].kind, s->images.name,
        (unsigned long long)hash(rule, strlen(rule)), run->lr, run->seed, s->marks[mark]);
}

static void add(struct cache *cache, struct row row) {
    if (cache->n == cache->capacity) {
        cache->capacity = cache->capacity ? 2 * cache->capacity : 1024;
        cache->rows = realloc(cache->rows, cache->capacity * sizeof *cache->rows);
        if (!cache->rows)
            fail("out of memory");
    }
    cache->rows[cache->n++] = row;
}

/* A key, the loss, the accuracy or nothing. What a program that was killed left of a line is none.
 */
static void read_line(struct cache *cache, const char *line) {
    enum { COMMAS = 6 }; /* up to the one behind the key */
    const char *at = line;
    char *end;
    for (int i = 0; i < COMMAS && at; i++)
        at = (at = strchr(at, ',')) ? at + 1 : NULL;
    if (!at || !strchr(at, '\n'))
        return;
    struct row row = {.key = hash(line, (size_t)(at - 1 - line)), .figures.accuracy = NAN};
    row.figures.loss = strtod(at, &end);
    if (end == at || *end != ',')
        return;
    row.figures.measured = end[1] != '\n';
    if (row.figures.measured)
        row.figures.accuracy = strtod(end + 1, NULL);
    add(cache, row);
}

struct cache *open_cache(const char *folder) {
    struct cache *cache = calloc(1, sizeof *cache);
    char line[LINE] = "\n";
    if (!cache)
        fail("out of memory");
    if (!folder)
        return cache;
    make_folder(folder);
    const char *path = path_in(folder, "runs.csv");
    cache->file = fopen(path, "a+");
    if (!cache->file)
        fail("%s: cannot be written", path);
    rewind(cache->file);
    while (fgets(line, sizeof line, cache->file))
        read_line(cache, line);
    if (!strchr(line, '\n'))
        fputs("\n", cache->file);
    return cache;
}

void close_cache(struct cache *cache) {
    if (cache->file && fclose(cache->file) != 0)
        fail("the cache cannot be written");
    free(cache->rows);
    free(cache);
}

bool find_figures(const struct setup *s, const struct run *run, size_t mark,
                  struct figures *found) {
    char key[KEY];
    const uint64_t wanted = hash(key, write_key(s, run, mark, key));
    bool there = false;
    for (const struct row *row = s->cache->rows, *end = row + s->cache->n; row < end; row++)
        if (row->key == wanted && (!there || row->figures.measured)) {
            *found = row->figures;
            there = true;
        }
    return there;
}

struct figures figures_at(const struct setup *s, const struct run *run, size_t mark) {
    struct figures found;
    if (!find_figures(s, run, mark, &found))
        fail("a run on %s is missing", s->problems[run->problem].name);
    return found;
}

void keep_figures(const struct setup *s, const struct run *run, const struct figures *figures) {
    FILE *file = s->cache->file;
    for (size_t k = 0; k <= run->last; k++) {
        char key[KEY];
        const size_t length = write_key(s, run, k, key);
        add(s->cache, (struct row){hash(key, length), figures[k]});
        if (file)
            fprintf(file, "%s,%.17g,", key, figures[k].loss);
        if (file && figures[k].measured)
            fprintf(file, "%.17g", figures[k].accuracy);
        if (file)
            fputs("\n", file);
    }
    if (file && fflush(file) != 0)
        fail("the cache cannot be written");
}
