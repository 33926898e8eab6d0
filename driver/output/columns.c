/*
 * columns.c - the values of columns.def.
 */
#include "columns.h"

#include <stdio.h>
#include <string.h>

const struct column columns[COLUMNS] = {
#define COLUMN(id, value, total, ...) [COLUMN_##id] = {__VA_ARGS__},
#include "columns.def"
#undef COLUMN
};

/* ---- Numbers computed from several fields. ---- */

static double aligned_bound(const struct row *x)
{
    uint64_t aligned = trace_aligned_peak(x->trace, x->align);

    return aligned ? (double)x->trace->peak_payload / (double)aligned : 0;
}

static double seconds_of(const struct row *x)
{
    return (double)x->trace->op_count * x->ns.median * 1e-9;
}

static double instructions_per_op(const struct row *x)
{
    return (double)x->result->instructions / (double)x->trace->op_count;
}

static uint64_t total_ops(const struct benchmark *b)
{
    uint64_t ops = 0;

    for (size_t i = 0; i < b->trace_count; i++)
        ops += set_counts(b, b->traces[i]->set) ? b->traces[i]->op_count : 0;
    return ops;
}

/* ---- Texts of the table. Each function has a static buffer. ---- */

static const char *valid_text(const struct row *x)
{
    static char text[48];

    snprintf(text, sizeof text, "%zu of %zu", x->score.ok, x->score.traces);
    return text;
}

/* A utilization followed by mark. */
static const char *marked(char *text, size_t size, bool known,
                          double utilization, char mark)
{
    if (known)
        snprintf(text, size, "%.1f%%%c", 100 * utilization, mark);
    else
        snprintf(text, size, "- ");
    return text;
}

/* "=" says that the packing reaches the bound, so it is optimal. */
static const char *packing_text(const struct row *x)
{
    static char text[32];
    bool optimal =
        x->bounds->packing_bytes == trace_aligned_peak(x->trace, x->align);

    return marked(text, sizeof text, x->bounds->packed, x->bounds->packing,
                  optimal ? '=' : ' ');
}

static const char *mean_packing_text(const struct row *x)
{
    static char text[32];
    double mean = mean_packing(x->benchmark, false);

    return marked(text, sizeof text, mean > 0, mean, ' ');
}

static const char *set_text(const struct row *x)
{
    return x->trace->set == SET_SECRET ? "secret" : "public";
}

static const char *perturbed_text(const struct row *x)
{
    static char text[32];

    if (x->result->perturbed_verdict != VERDICT_OK)
        return verdict_name(x->result->perturbed_verdict);
    snprintf(text, sizeof text, "%.1f%%",
             100 * x->result->perturbed_utilization);
    return text;
}

static const char *quartiles_text(const struct row *x)
{
    static char text[64];

    snprintf(text, sizeof text, "%.1f-%.1f", x->ns.p25, x->ns.p75);
    return text;
}

/* ---- Values. ---- */

static struct value text_value(const char *text)
{
    return (struct value){.type = VALUE_TEXT, .text = text};
}

static struct value count_value(uint64_t count)
{
    return (struct value){.type = VALUE_COUNT, .count = count};
}

static struct value integer_value(int64_t integer)
{
    return (struct value){.type = VALUE_INTEGER, .integer = integer};
}

static struct value number_value(double number)
{
    return (struct value){.type = VALUE_NUMBER, .number = number};
}

/* The words of columns.def: macros, so that only known values are evaluated. */
static const struct value unknown = {.type = VALUE_UNKNOWN};
static const struct value absent = {.type = VALUE_ABSENT};
static const struct value none = {.type = VALUE_NONE};

#define NONE none
#define TEXT(holds, string) ((holds) ? text_value(string) : unknown)
#define COUNT(holds, figure) ((holds) ? count_value(figure) : unknown)
#define INTEGER(holds, figure) ((holds) ? integer_value(figure) : unknown)
#define NUMBER(holds, figure) ((holds) ? number_value(figure) : unknown)
#define ABSENT_UNLESS(holds, figure) ((holds) ? figure : absent)
#define WASTE(holds, part) \
    ABSENT_UNLESS(x->waste.known, INTEGER(holds, x->waste.bytes[part]))
#define SPREAD(field) \
    ABSENT_UNLESS(x->result->timed, NUMBER(true, x->result->ratio.field))

#define INTERVAL(spread, field)     \
    ABSENT_UNLESS(x->result->timed, \
                  NUMBER(x->result->spread.high > 0, x->result->spread.field))

static struct value pair_value(enum column_id id, const struct row *x)
{
    switch (id) {
#define COLUMN(id, value, total, ...) \
    case COLUMN_##id:                 \
        return value;
#include "columns.def"
#undef COLUMN
    default:
        return unknown;
    }
}

static struct value total_value(enum column_id id, const struct row *x)
{
    switch (id) {
#define COLUMN(id, value, total, ...) \
    case COLUMN_##id:                 \
        return total;
#include "columns.def"
#undef COLUMN
    default:
        return unknown;
    }
}

struct value column_value(enum column_id id, const struct row *row)
{
    return row->trace ? pair_value(id, row) : total_value(id, row);
}

const char *column_text(enum column_id id, struct value v, char *buffer,
                        size_t size)
{
    const struct column *c = &columns[id];
    double scale = c->scale > 0 ? c->scale : 1;

    switch (v.type) {
    case VALUE_TEXT:
        return v.text;
    case VALUE_COUNT:
        snprintf(buffer, size, "%llu", (unsigned long long)v.count);
        return buffer;
    case VALUE_NUMBER:
        snprintf(buffer, size, c->table_format, scale * v.number);
        return buffer;
    case VALUE_NONE:
        return "";
    default: /* the columns of speed are the last: they stay blank */
        return c->when == WHEN_TIMED || c->when == WHEN_COUNTED ? "" : "-";
    }
}

bool column_in_table(enum column_id id, const struct benchmark *b)
{
    const bool holds[] = {[WHEN_ALWAYS] = true,
                          [WHEN_BOUNDS] = b->with_bounds,
                          [WHEN_PERTURBED] = b->perturb,
                          [WHEN_TIMED] = b->timing,
                          [WHEN_COUNTED] = b->counting,
                          [WHEN_BY_INSTRUCTIONS] =
                              benchmark_by_instructions(b)};

    return columns[id].title && holds[columns[id].when];
}

/* ---- Rows. ---- */

struct row row_of(const struct benchmark *b, size_t allocator, size_t trace,
                  unsigned align)
{
    const struct result *r = benchmark_result(b, allocator, trace);

    return (struct row){.benchmark = b,
                        .allocator = b->allocators[allocator],
                        .trace = b->traces[trace],
                        .result = r,
                        .outcome = &r->outcome,
                        .bounds = &b->bounds[trace],
                        .verdict = r->outcome.verdict,
                        .ns = r->ns_per_op,
                        .waste = waste_of(b, allocator, trace),
                        .align = align};
}

struct row row_of_totals(const struct benchmark *b, size_t allocator,
                         struct score score)
{
    return (struct row){
        .benchmark = b, .allocator = b->allocators[allocator], .score = score};
}
