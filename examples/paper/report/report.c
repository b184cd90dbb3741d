/* SPDX-License-Identifier: MIT */
/* The paper again: runs the programs of its figures and tables, and writes what came out. */
#include <string.h>

#include "report.h"

/* Marks the pieces of a list; all when there is none. */
static void choose(struct runner *r, const char *only) {
    char names[1024] = "", word[LONGEST_WORD];
    for (size_t i = 0; i < PIECES; i++) {
        r->chosen[i] = !only;
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? " " : "",
                 pieces[i].name);
    }
    while (next_word("only", &only, word))
        r->chosen[choose_word("only", word, names)] = true;
}

static void print_aims(const struct paper *p) {
    struct aim aims[AIMS];
    size_t met = 0;
    judge(p, aims);
    for (size_t i = 0; i < AIMS; i++) {
        printf("%-8s %s, %s: %s\n", verdict_name(&aims[i]), aims[i].what, aims[i].goal,
               *aims[i].ours ? aims[i].ours : "-");
        met += aims[i].verdict == AIM_MET;
    }
    printf("%zu of %d aims are met\n", met, AIMS);
}

int main(int argc, char **argv) {
    struct paper p;
    struct runner r = {.paper = &p, .programs = own_folder(argv[0])};
    const char *only = NULL;
    bool page = false;
    const struct flag more[] = {
        {"only", FLAG_TEXT, &only, "programs to run, with commas between them; default: all"},
        {"page", FLAG_BOOL, &page, "run nothing: write the page from what is there"},
        {"programs", FLAG_TEXT, &r.programs, "folder with the programs"},
    };
    paper_open(&p, argc, argv,
               "Makes the figures and tables of the paper again, each by a program of its own, and "
               "writes report.html and paper-results.md. What is there already is not run again.",
               more, sizeof more / sizeof more[0]);
    choose(&r, only);
    if (!page && has_work(&r)) {
        struct images images = load_images(p.ctx, p.data); /* if there are none, all would fail */
        note_run(&p, images.name);
        free_images(&images);
    }
    const bool well = page || run_pieces(&r);
    write_document(&r, &html_writer, "report.html");
    write_document(&r, &markdown_writer, "paper-results.md");
    print_aims(&p);
    printf("wrote %s and %s\n", paper_path(&p, "report.html"), paper_path(&p, "paper-results.md"));
    paper_close(&p);
    return well ? 0 : 1;
}
