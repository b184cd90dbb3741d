/* SPDX-License-Identifier: MIT */
/* One page that needs no other file. */
#include <stdlib.h>
#include <string.h>

#include "report.h"

static const char style[] =
    "body{max-width:60rem;margin:0 auto;padding:1rem;color:#1a1a1a;background:#fff;"
    "font:1rem/1.5 system-ui,sans-serif}\n"
    "h1{font-size:1.6rem;line-height:1.25}\n"
    "h2{font-size:1.25rem;line-height:1.3;margin:2.5rem 0 .5rem;padding-top:.5rem;"
    "border-top:1px solid #ccc}\n"
    "p{margin:.5rem 0}\n"
    "nav ul{padding-left:1.2rem}\n"
    "a{color:#0072b2}\n"
    "figure{margin:1rem 0}\n"
    "img{max-width:100%;height:auto}\n"
    ".scroll{overflow-x:auto;margin:1rem 0}\n"
    "table{border-collapse:collapse;font-size:.9rem;line-height:1.35}\n"
    "th,td{border:1px solid #ccc;padding:.3rem .55rem;text-align:left;vertical-align:top}\n"
    "th{background:#f3f3f3;font-weight:600}\n"
    "th:first-child{min-width:min(7rem,27vw);position:sticky;left:0}\n"
    "td{min-width:4.5rem;font-variant-numeric:tabular-nums}\n"
    ".number{white-space:nowrap}\n"
    "code,pre{font:.85rem/1.4 ui-monospace,monospace}\n"
    "code{overflow-wrap:anywhere}\n"
    "td code,th code{display:inline-block;width:max-content;max-width:20rem}\n"
    ".wide{font-size:.82rem}\n"
    ".wide td code{max-width:7rem}\n"
    ".wide th,.wide td{padding:.25rem .35rem}\n"
    ".widest{font-size:.78rem}\n"
    ".widest td{min-width:3rem}\n"
    ".widest .deviation{display:block;color:#555}\n"
    "pre{background:#f3f3f3;padding:.6rem;overflow-x:auto;white-space:pre-wrap;"
    "overflow-wrap:anywhere}\n"
    ".paper{display:block;color:#555;font-size:.92em}\n"
    "td[data-verdict]{white-space:nowrap;color:#555}\n"
    "td[data-verdict=met]{color:#00694e;font-weight:600}\n"
    "td[data-verdict='not met']{color:#a63c00;font-weight:600}\n"
    "@media print{body{max-width:none;padding:0;font-size:10pt}figure,tr,pre{break-inside:avoid}"
    "h2{break-after:avoid}.scroll{overflow:visible}nav{display:none}}\n";

static void escape(FILE *out, const char *text) {
    for (; *text; text++) {
        const char *const special = strchr("&<>\"'", *text);
        if (special)
            fprintf(out, "&#%d;", *text);
        else if ((unsigned char)*text >= ' ' || *text == '\n' || *text == '\t')
            fputc(*text, out);
    }
}

static void encode(FILE *out, const unsigned char *bytes, size_t size) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        const unsigned b1 = i + 1 < size ? bytes[i + 1] : 0, b2 = i + 2 < size ? bytes[i + 2] : 0;
        const unsigned group = (unsigned)bytes[i] << 16 | b1 << 8 | b2;
        fputc(digits[group >> 18], out);
        fputc(digits[group >> 12 & 63], out);
        fputc(i + 1 < size ? digits[group >> 6 & 63] : '=', out);
        fputc(i + 2 < size ? digits[group & 63] : '=', out);
    }
}

static void begin(FILE *out, const char *title) {
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
          out);
    escape(out, title);
    fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>", style);
    escape(out, title);
    fputs("</h1>\n", out);
}

static void put_link(FILE *out, const char *anchor, const char *text) {
    fprintf(out, "<li><a href=\"#%s\">", anchor);
    escape(out, text);
    fputs("</a></li>\n", out);
}

static void contents(FILE *out) {
    fputs("<nav><ul>\n", out);
    put_link(out, "aims", "What it must show");
    for (size_t i = 0; i < PIECES; i++)
        put_link(out, pieces[i].name, pieces[i].title);
    fputs("</ul></nav>\n", out);
}

static void heading(FILE *out, const char *anchor, const char *text) {
    fprintf(out, "<h2 id=\"%s\">", anchor);
    escape(out, text);
    fputs("</h2>\n", out);
}

static void paragraph(FILE *out, const char *lead, const char *text) {
    fputs("<p>", out);
    if (lead) {
        fputs("<strong>", out);
        escape(out, lead);
        fputs("</strong> ", out);
    }
    escape(out, text);
    fputs("</p>\n", out);
}

/* As data, so that names inside of one picture do not meet those of another. */
static void picture(FILE *out, const char *svg, const char *alt) {
    size_t size;
    char *bytes = read_bytes(svg, &size);
    if (!bytes)
        fail("%s: cannot be read", svg);
    fputs("<figure><img alt=\"", out);
    escape(out, alt);
    fputs("\" src=\"data:image/svg+xml;base64,", out);
    encode(out, (const unsigned char *)bytes, size);
    fputs("\"></figure>\n", out);
    free(bytes);
}

static void put_value(FILE *out, const char *text, int digits) {
    char buffer[32];
    fputs(is_formula(text) ? "<code>" : "", out);
    escape(out, shortened(text, digits, buffer));
    fputs(is_formula(text) ? "</code>" : "", out);
}

/* Names of rows and columns are none of them formulas. */
static void put_name(FILE *out, const char *name) {
    char buffer[32];
    fputs("<th>", out);
    escape(out, shortened(name, DIGITS, buffer));
    fputs("</th>", out);
}

static void put_deviation(FILE *out, const char *deviation) {
    if (!*deviation)
        return;
    fputs("<span class=\"deviation\"> &#177; ", out);
    put_value(out, deviation, DEVIATION_DIGITS);
    fputs("</span>", out);
}

static void put_cell(FILE *out, const struct cell *cell) {
    if (cell->verdict)
        fprintf(out, "<td data-verdict=\"%s\">", cell->ours);
    else
        fputs("<td>", out);
    fputs(*cell->deviation ? "<span class=\"number\">" : "", out);
    put_value(out, cell->ours, DIGITS);
    put_deviation(out, cell->deviation);
    fputs(*cell->deviation ? "</span>" : "", out);
    if (*cell->paper) {
        fprintf(out, "<span class=\"paper%s\">paper: ", is_formula(cell->paper) ? "" : " number");
        put_value(out, cell->paper, DIGITS);
        put_deviation(out, cell->paper_deviation);
        fputs("</span>", out);
    }
    fputs("</td>", out);
}

/* What a table of so many columns needs to fit. */
static const char *class_of(size_t columns) {
    enum { WIDE = 5, WIDEST = 8 };
    return columns >= WIDEST ? " class=\"wide widest\"" : columns >= WIDE ? " class=\"wide\"" : "";
}

static void put_grid(FILE *out, const struct grid *grid) {
    fprintf(out, "<div class=\"scroll\"><table%s>\n", class_of(grid->columns));
    fputs("<tr>", out);
    put_name(out, grid->corner);
    for (size_t column = 0; column < grid->columns; column++)
        put_name(out, grid->column_names[column]);
    fputs("</tr>\n", out);
    for (size_t row = 0; row < grid->rows; row++) {
        fputs("<tr>", out);
        put_name(out, grid->row_names[row]);
        for (size_t column = 0; column < grid->columns; column++)
            put_cell(out, grid_cell(grid, row, column));
        fputs("</tr>\n", out);
    }
    fputs("</table></div>\n", out);
}

static void lines(FILE *out, const char *text) {
    fputs("<pre>", out);
    escape(out, text);
    fputs("</pre>\n", out);
}

static void end(FILE *out) {
    fputs("</body>\n</html>\n", out);
}

const struct writer html_writer = {begin,   contents, heading, paragraph,
                                   picture, put_grid, lines,   end};
