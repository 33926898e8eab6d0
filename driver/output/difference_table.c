/*
 * difference_table.c - the columns of what is known; a row for each trace, and
 * one for the mean.
 */
#include "difference_table.h"

#include "base/fatal.h"
#include "markdown.h"
#include "text_width.h"

#include <json-c/json.h>
#include <math.h>
#include <string.h>

enum { CELLS = 9, CELL = 64 };

static const char *const heads[METRICS][CELLS] = {
    [METRIC_UTIL] = {"util was", "is", "change"},
    [METRIC_TIME] = {"time", "95% interval"},
    [METRIC_INSTRUCTIONS] = {"instr/op was", "is", "change"},
};

/* ---- Cells. ---- */

typedef char cells[CELLS][CELL];

static int add_heads(cells row, int n, enum metric m)
{
    for (int i = 0; heads[m][i]; i++)
        snprintf(row[n++], CELL, "%s", heads[m][i]);
    return n;
}

static int add_unknown(cells row, int n, enum metric m)
{
    for (int i = 0; heads[m][i]; i++)
        snprintf(row[n++], CELL, "-");
    return n;
}

/* No zero has a sign. */
static double rounded(double x, int digits)
{
    double scale = pow(10, digits), y = round(x * scale) / scale;

    return y == 0 ? 0 : y;
}

static void set_change(char *cell, enum metric m, double by)
{
    int digits = m == METRIC_TIME ? 1 : 2;

    snprintf(cell, CELL, "%+.*f%s", digits, rounded(by, digits),
             m == METRIC_UTIL ? "" : "%");
}

static void set_interval(char *cell, const struct change *c)
{
    snprintf(cell, CELL, "%+.1f to %+.1f%%", rounded(c->low, 1),
             rounded(c->high, 1));
}

static int add_cells(cells row, int n, enum metric m, const struct change *c)
{
    if (!c->known)
        return add_unknown(row, n, m);
    if (m == METRIC_UTIL) {
        snprintf(row[n++], CELL, "%.2f%%", 100 * c->before);
        snprintf(row[n++], CELL, "%.2f%%", 100 * c->after);
    } else if (m == METRIC_INSTRUCTIONS) {
        snprintf(row[n++], CELL, "%.2f", c->before);
        snprintf(row[n++], CELL, "%.2f", c->after);
    }
    set_change(row[n++], m, c->by);
    if (m == METRIC_TIME)
        set_interval(row[n++], c);
    return n;
}

/* ---- A table. ---- */

struct table {
    FILE *out;
    bool shown[METRICS];
    int name, width[CELLS];
};

static bool is_known(const struct difference *rows, size_t count, enum metric m)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].change[m].known)
            return true;
    return false;
}

/* The cells of a row, or of the head if it is NULL; returns how many. */
static int cells_of(const struct table *t, const struct difference *row,
                    cells to)
{
    int n = 0;

    for (enum metric m = 0; m < METRICS; m++) {
        if (!t->shown[m])
            continue;
        n = row ? add_cells(to, n, m, &row->change[m]) : add_heads(to, n, m);
    }
    return n;
}

static const char *name_of(const struct difference *row)
{
    return !row ? "trace" : row->trace ? row->trace->name : "mean";
}

static void widen(struct table *t, const struct difference *row)
{
    cells c;
    int count = cells_of(t, row, c), name = columns_of(name_of(row));

    t->name = name > t->name ? name : t->name;
    for (int i = 0; i < count; i++)
        if ((int)strlen(c[i]) > t->width[i])
            t->width[i] = (int)strlen(c[i]);
}

static void print_row(const struct table *t, const struct difference *row)
{
    cells c;
    int count = cells_of(t, row, c);

    fprintf(t->out, "%-*s", padded_to(t->name, name_of(row)), name_of(row));
    for (int i = 0; i < count; i++)
        fprintf(t->out, "  %*s", t->width[i], c[i]);
    fputc('\n', t->out);
}

static void print_markdown_row(const struct table *t,
                               const struct difference *row)
{
    cells c;
    int count = cells_of(t, row, c);

    markdown_cell(t->out, name_of(row));
    for (int i = 0; i < count; i++)
        markdown_cell(t->out, c[i]);
    markdown_end_row(t->out);
    if (!row)
        markdown_rule(t->out, 1, (size_t)count);
}

static void print_table(FILE *out, const struct difference *rows, size_t count,
                        bool markdown)
{
    struct table t = {.out = out};
    void (*print)(const struct table *, const struct difference *) =
        markdown ? print_markdown_row : print_row;

    for (enum metric m = 0; m < METRICS; m++)
        t.shown[m] = is_known(rows, count, m);
    widen(&t, NULL);
    for (size_t i = 0; i < count; i++)
        widen(&t, &rows[i]);
    print(&t, NULL);
    for (size_t i = 0; i < count; i++)
        print(&t, &rows[i]);
}

/* ---- Regressions. ---- */

typedef void regression_function(void *context, const struct limit *limit,
                                 const struct difference *d);

static size_t for_regressions(const struct limits *limits,
                              const struct difference *rows, size_t count,
                              regression_function *call, void *context)
{
    size_t found = 0;

    for (size_t k = 0; k < limits->count; k++)
        for (size_t i = 0; i < count; i++)
            if (is_regression(&limits->limits[k], &rows[i])) {
                call(context, &limits->limits[k], &rows[i]);
                found++;
            }
    return found;
}

struct printing {
    FILE *out;
    bool markdown;
};

static void print_regression(void *printing, const struct limit *limit,
                             const struct difference *d)
{
    const struct printing *p = printing;
    const struct change *c = &d->change[limit->metric];
    char by[CELL], interval[CELL];

    set_change(by, limit->metric, c->by);
    set_interval(interval, c);
    fprintf(p->out, "%sregression: %s: %s: %.*s: %s", p->markdown ? "- " : "",
            d->allocator->name, name_of(d), limit->length, limit->text, by);
    if (limit->metric == METRIC_TIME)
        fprintf(p->out, " (%s)", interval);
    fputc('\n', p->out);
}

/* The rows of one allocator, the first of rows. */
static size_t rows_of_first(const struct difference *rows)
{
    size_t count = 0;

    while (rows[count].trace)
        count++;
    return count + 1;
}

void difference_print(FILE *out, const struct difference_report *r,
                      bool markdown)
{
    struct printing p = {out, markdown};
    size_t count;

    for (size_t i = 0; i < r->differences->count; i += count) {
        const struct difference *rows = &r->differences->rows[i];

        count = rows_of_first(rows);
        fprintf(out, "%s%s against %s%s\n", markdown ? "### " : "",
                rows->allocator->name, r->baseline, markdown ? "\n" : "");
        print_table(out, rows, count, markdown);
        fputs(markdown ? "\n" : "", out);
        for_regressions(r->limits, rows, count, print_regression, &p);
        fputc('\n', out);
    }
}

static void ignore(void *context, const struct limit *limit,
                   const struct difference *d)
{
    (void)context, (void)limit, (void)d;
}

bool has_regression(const struct difference_report *r)
{
    static const char *const needed[METRICS] = {
        [METRIC_UTIL] = "",
        [METRIC_TIME] = " (by six rounds or more: --reps)",
        [METRIC_INSTRUCTIONS] = " (--count)"};
    const struct differences *d = r->differences;

    if (r->limits->count > 0 && d->count == 0)
        fatal_usage("--fail-if: no trace was replayed by both %s and an "
                    "allocator here, with the verdict ok",
                    r->baseline);
    for (size_t k = 0; k < r->limits->count; k++)
        for (size_t i = 0; i < d->count; i++)
            if (is_undecided(&r->limits->limits[k], &d->rows[i]))
                fatal_usage("--fail-if %.*s: %s and %s do not both have it%s",
                            r->limits->limits[k].length,
                            r->limits->limits[k].text,
                            d->rows[i].allocator->name, r->baseline,
                            needed[r->limits->limits[k].metric]);
    return for_regressions(r->limits, d->rows, d->count, ignore, NULL) > 0;
}

/* ---- JSON. ---- */

static struct json_object *json_of_change(const struct change *c)
{
    struct json_object *o = json_object_new_object();
    const struct {
        const char *key;
        double value;
    } fields[] = {{"before", c->before},
                  {"after", c->after},
                  {"change", c->by},
                  {"low", c->low},
                  {"high", c->high}};

    if (!c->known) {
        json_object_put(o);
        return NULL;
    }
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        json_object_object_add(o, fields[i].key,
                               json_object_new_double(fields[i].value));
    return o;
}

static struct json_object *json_of_row(const struct difference *d)
{
    struct json_object *o = json_object_new_object();

    json_object_object_add(o, "allocator",
                           json_object_new_string(d->allocator->name));
    json_object_object_add(
        o, "trace", d->trace ? json_object_new_string(d->trace->name) : NULL);
    for (enum metric m = 0; m < METRICS; m++)
        json_object_object_add(o, metric_names[m],
                               json_of_change(&d->change[m]));
    return o;
}

static void add_regression(void *array, const struct limit *limit,
                           const struct difference *d)
{
    struct json_object *o = json_of_row(d);

    json_object_object_add(
        o, "limit", json_object_new_string_len(limit->text, limit->length));
    json_object_array_add(array, o);
}

struct json_object *difference_json(const struct difference_report *r)
{
    struct json_object *o = json_object_new_object();
    struct json_object *rows = json_object_new_array();
    struct json_object *regressions = json_object_new_array();
    const struct differences *d = r->differences;

    for (size_t i = 0; i < d->count; i++)
        json_object_array_add(rows, json_of_row(&d->rows[i]));
    for_regressions(r->limits, d->rows, d->count, add_regression, regressions);
    json_object_object_add(o, "baseline", json_object_new_string(r->baseline));
    json_object_object_add(o, "differences", rows);
    json_object_object_add(o, "regressions", regressions);
    return o;
}
