/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "report.h"

/* The columns of the cells that tables are written as. */
enum { ROW, COLUMN, OURS, DEVIATION, PAPER, PAPER_DEVIATION, CELL_COLUMNS };
static const char *const cell_columns[CELL_COLUMNS] = {"row",       "column", "ours",
                                                       "deviation", "paper",  "paper_deviation"};

static void *zeros(size_t count, size_t size) {
    void *memory = calloc(count + 1, size);
    if (!memory)
        fail("out of memory");
    return memory;
}

struct cell text_cell(const char *ours) {
    return (struct cell){ours, "", "", "", false};
}

struct grid grid_create(size_t rows, size_t columns) {
    struct grid grid = {.corner = "", .rows = rows, .columns = columns, .stride = columns};
    grid.row_names = zeros(rows, sizeof *grid.row_names);
    grid.column_names = zeros(columns, sizeof *grid.column_names);
    grid.cells = zeros(rows * columns, sizeof *grid.cells);
    for (size_t i = 0; i < rows * columns; i++)
        grid.cells[i] = text_cell("");
    return grid;
}

void grid_free(struct grid *grid) {
    free(grid->row_names);
    free(grid->column_names);
    free(grid->cells);
}

struct cell *grid_cell(const struct grid *grid, size_t row, size_t column) {
    return &grid->cells[row * grid->stride + column];
}

bool holds_cells(const struct csv *csv) {
    for (size_t i = 0; i < CELL_COLUMNS; i++)
        if (csv->columns != CELL_COLUMNS || strcmp(csv_field(csv, 0, i), cell_columns[i]) != 0)
            return false;
    return true;
}

/* Place of a name among the first n; n when it is new. */
static size_t place(const char *const *names, size_t n, const char *name) {
    size_t i = 0;
    while (i < n && strcmp(names[i], name) != 0)
        i++;
    return i;
}

/* The different texts of a column below its header. */
static size_t collect(const struct csv *csv, size_t column, const char **names) {
    size_t n = 0;
    for (size_t i = 1; i < csv->rows; i++) {
        const char *name = csv_field(csv, i, column);
        if (place(names, n, name) == n)
            names[n++] = name;
    }
    return n;
}

static struct grid grid_of_cells(const struct csv *csv) {
    const char **rows = zeros(csv->rows, sizeof *rows);
    const char **columns = zeros(csv->rows, sizeof *columns);
    struct grid grid = grid_create(collect(csv, ROW, rows), collect(csv, COLUMN, columns));
    memcpy(grid.row_names, rows, grid.rows * sizeof *rows);
    memcpy(grid.column_names, columns, grid.columns * sizeof *columns);
    for (size_t i = 1; i < csv->rows; i++)
        *grid_cell(&grid, place(rows, grid.rows, csv_field(csv, i, ROW)),
                   place(columns, grid.columns, csv_field(csv, i, COLUMN))) =
            (struct cell){csv_field(csv, i, OURS), csv_field(csv, i, DEVIATION),
                          csv_field(csv, i, PAPER), csv_field(csv, i, PAPER_DEVIATION), false};
    free(rows);
    free(columns);
    return grid;
}

/* Cuts the end off a text; whether it was there. */
static bool cut(char *text, const char *end) {
    const size_t length = strlen(text), size = strlen(end);
    if (length < size || strcmp(text + length - size, end) != 0)
        return false;
    text[length - size] = '\0';
    return true;
}

/* A column of a plain table, and the one behind it if that is its deviation. Returns how many. */
static size_t take_column(struct grid *grid, struct csv *csv, size_t column) {
    const size_t into = grid->columns++;
    const bool two = cut(csv->fields[column], "_mean") && column + 1 < csv->columns &&
                     cut(csv->fields[column + 1], "_deviation");
    grid->column_names[into] = csv_field(csv, 0, column);
    for (size_t row = 1; row < csv->rows; row++) {
        struct cell *cell = grid_cell(grid, row - 1, into);
        cell->ours = csv_field(csv, row, column);
        if (two)
            cell->deviation = csv_field(csv, row, column + 1);
    }
    return two ? 2 : 1;
}

struct grid grid_of_csv(struct csv *csv) {
    if (holds_cells(csv))
        return grid_of_cells(csv);
    struct grid grid = grid_create(csv->rows - 1, csv->columns);
    grid.corner = csv_field(csv, 0, 0);
    grid.columns = 0;
    for (size_t row = 0; row < grid.rows; row++)
        grid.row_names[row] = csv_field(csv, row + 1, 0);
    for (size_t column = 1; column < csv->columns;)
        column += take_column(&grid, csv, column);
    return grid;
}

/* Whether there is something published in a row or column of cells, and nothing of ours. */
static bool is_published(const struct cell *cells, size_t n, size_t stride) {
    bool published = false;
    for (size_t i = 0; i < n; i++) {
        if (*cells[i * stride].ours)
            return false;
        published = published || *cells[i * stride].paper;
    }
    return published;
}

/* Appends the cells of a row in some columns, unless they are of the other part. */
static void copy_row(struct grid *part, const struct grid *grid, size_t row, const size_t *columns,
                     bool published) {
    struct cell *cells = grid_cell(part, part->rows, 0);
    for (size_t i = 0; i < part->columns; i++)
        cells[i] = *grid_cell(grid, row, columns[i]);
    const bool belongs = published ? is_published(cells, part->columns, 1)
                                   : !is_published(grid_cell(grid, row, 0), grid->columns, 1);
    part->row_names[part->rows] = grid->row_names[row];
    part->rows += belongs;
}

struct grid grid_part(const struct grid *grid, bool published) {
    struct grid part = grid_create(grid->rows, grid->columns);
    size_t *columns = zeros(grid->columns, sizeof *columns);
    part.corner = grid->corner;
    part.rows = part.columns = 0;
    for (size_t i = 0; i < grid->columns; i++) {
        if (is_published(grid_cell(grid, 0, i), grid->rows, grid->stride) != published)
            continue;
        part.column_names[part.columns] = grid->column_names[i];
        columns[part.columns++] = i;
    }
    for (size_t row = 0; row < grid->rows; row++)
        copy_row(&part, grid, row, columns, published);
    free(columns);
    return part;
}

const struct cell *grid_find(const struct grid *grid, const char *row, const char *column) {
    const size_t i = place(grid->row_names, grid->rows, row);
    const size_t j = place(grid->column_names, grid->columns, column);
    return i < grid->rows && j < grid->columns ? grid_cell(grid, i, j) : NULL;
}
