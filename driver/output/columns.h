/*
 * columns.h - the columns of results, which columns.def defines.
 *
 * A row is the result of one allocator on one trace, or the totals of an
 * allocator over all traces. The writers (report.c, markdown.c, csv.c,
 * export.c) write the columns that have a name in their format.
 */
#ifndef COLUMNS_H
#define COLUMNS_H

#include "measure/benchmark.h"
#include "measure/score.h"
#include "measure/waste.h"

enum value_type {
    VALUE_UNKNOWN, /* not measured */
    VALUE_ABSENT,  /* nothing of its JSON object was measured */
    VALUE_NONE,    /* totals do not have this column */
    VALUE_TEXT,
    VALUE_COUNT,
    VALUE_INTEGER,
    VALUE_NUMBER
};

struct value {
    enum value_type type;
    union {
        const char *text; /* valid until the column's next value is made */
        uint64_t count;
        int64_t integer;
        double number;
    };
};

enum when {
    WHEN_ALWAYS,
    WHEN_BOUNDS,
    WHEN_PERTURBED,
    WHEN_TIMED,
    WHEN_COUNTED,
    WHEN_BY_INSTRUCTIONS /* counted, and not timed */
};

struct column {
    const char *json, *also, *csv, *tsv, *title; /* NULL: not in the format */
    const char *csv_format, *tsv_format, *table_format;
    double scale; /* factor of the table's number; 0 stands for 1 */
    enum when when;
    bool left;
};

enum column_id {
#define COLUMN(id, value, total, ...) COLUMN_##id,
#include "columns.def"
#undef COLUMN
    COLUMNS
};

extern const struct column columns[COLUMNS];

struct row {
    const struct benchmark *benchmark;
    const struct allocator *allocator;
    const struct trace *trace;     /* NULL in a row of totals */
    const struct result *result;   /* likewise */
    const struct outcome *outcome; /* likewise */
    const struct bounds *bounds;
    enum verdict verdict;
    struct summary ns;
    struct waste waste;
    struct score score; /* of a row of totals only */
    unsigned align;
};

/* The row of an allocator on a trace. */
struct row row_of(const struct benchmark *b, size_t allocator, size_t trace,
                  unsigned align);

/* The row of an allocator's totals. */
struct row row_of_totals(const struct benchmark *b, size_t allocator,
                         struct score score);

struct value column_value(enum column_id id, const struct row *row);

/* The value as the tables have it; buffer is for numbers. */
const char *column_text(enum column_id id, struct value value, char *buffer,
                        size_t size);

/* Does the table have the column in this benchmark? */
bool column_in_table(enum column_id id, const struct benchmark *b);

#endif
