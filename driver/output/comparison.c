/*
 * comparison.c - for each allocator its idea, how many verdicts are ok, and its
 * means. With bounds, the last two rows have the means of best fit and packing.
 *
 * The names and ideas determine the width: at most 100 columns for allocators
 * of the build, without the index.
 */
#include "comparison.h"

#include "text_width.h"
#include "name_list.h"

#include <string.h>

/* ---- Rows. ---- */

/* The rows of bounds, below the allocators. */
static const struct mark {
    const char *name, *idea;
    double (*mean)(const struct benchmark *c, bool shared_only);
} marks[] = {
    {"best fit", "computed, without headers", mean_best_fit},
    {"packing", "best off-line placement found", mean_packing},
};

enum { MARKS = sizeof marks / sizeof *marks };

struct widths {
    int name, idea, ns; /* ns: of ns/op */
};

/* Nanoseconds have a digit after the point below 1000. */
static int ns_digits(double ns)
{
    return ns < 1000 ? 1 : 0;
}

static int wider(int width, const char *text)
{
    int columns = columns_of(text);

    return columns > width ? columns : width;
}

static struct widths widths_of(const struct benchmark *c)
{
    struct widths w = {wider(0, "Comparison"), wider(0, "idea"),
                       wider(0, "ns/op")};
    char ns[32];

    for (size_t a = 0; a < c->allocator_count; a++) {
        double mean = means_of(c, a).ns_per_op;

        snprintf(ns, sizeof ns, "%.*f", ns_digits(mean), mean);
        w.ns = wider(w.ns, ns);
        w.name = wider(w.name, c->allocators[a]->name);
        w.idea = wider(w.idea, allocator_idea(c->allocators[a]));
    }
    for (size_t i = 0; i < MARKS && c->with_bounds; i++) {
        w.name = wider(w.name, marks[i].name);
        w.idea = wider(w.idea, marks[i].idea);
    }
    return w;
}

static void print_header(FILE *out, const struct benchmark *c,
                         const struct profile *p, struct widths w)
{
    fprintf(out, "%-*s  %-*s  valid      util", w.name, "Comparison", w.idea,
            "idea");
    if (c->timing)
        fprintf(out, "  %*s  x libc", w.ns, "ns/op");
    if (c->counting)
        fprintf(out, "  instr/op%s", c->timing ? "" : "  x libc");
    if (benchmark_has_speed(c) && p)
        fprintf(out, "  index (%s)", p->name);
    fputc('\n', out);
}

static void print_utilization(FILE *out, double utilization)
{
    char text[16] = "-";

    if (utilization > 0)
        snprintf(text, sizeof text, "%.1f%%", 100 * utilization);
    fprintf(out, "  %5s", text);
}

/* A number in a column after two blanks, or - where it is 0. */
static void print_number(FILE *out, int width, double x, int digits)
{
    if (x > 0)
        fprintf(out, "  %*.*f", width, digits, x);
    else
        fprintf(out, "  %*s", width, "-");
}

static void print_speed(FILE *out, const struct benchmark *c,
                        const struct means *m, struct widths w)
{
    int digits = m->ratio < 0.1 ? 3 : 2;

    if (c->timing) {
        print_number(out, w.ns, m->ns_per_op, ns_digits(m->ns_per_op));
        print_number(out, 6, m->ratio, digits);
    }
    if (c->counting)
        print_number(out, 8, m->instructions_per_op,
                     m->instructions_per_op < 1000 ? 1 : 0);
    if (!c->timing)
        print_number(out, 6, m->ratio, digits);
}

static void print_index(FILE *out, const struct benchmark *c, size_t allocator,
                        const struct profile *p)
{
    struct score s = score_of(c, allocator, p);

    if (s.known)
        fprintf(out, "  %.0f + %.0f = %.0f", s.memory_points, s.speed_points,
                s.total);
    else
        fprintf(out, "  %.0f + %s", s.memory_points,
                s.stable ? "-" : "unstable");
}

static void print_row(FILE *out, const struct benchmark *c, size_t allocator,
                      const struct profile *p, struct widths w)
{
    const struct allocator *a = c->allocators[allocator];
    struct means m = means_of(c, allocator);
    char ok[48];

    snprintf(ok, sizeof ok, "%zu of %zu",
             benchmark_count(c, allocator, VERDICT_OK), c->trace_count);
    fprintf(out, "%-*s  %-*s  %-8s", padded_to(w.name, a->name), a->name,
            padded_to(w.idea, allocator_idea(a)), allocator_idea(a), ok);
    print_utilization(out, m.utilization);
    if (benchmark_has_speed(c))
        print_speed(out, c, &m, w);
    if (benchmark_has_speed(c) && p)
        print_index(out, c, allocator, p);
    fputc('\n', out);
}

/* A bound has a utilization only. */
static void print_mark(FILE *out, const struct benchmark *c,
                       const struct mark *mark, struct widths w)
{
    static const struct means no_times;

    fprintf(out, "%-*s  %-*s  %-8s", w.name, mark->name, w.idea, mark->idea,
            "-");
    print_utilization(out, mark->mean(c, true));
    if (benchmark_has_speed(c))
        print_speed(out, c, &no_times, w);
    fputc('\n', out);
}

/* ---- Notes below the table. ---- */

/* How many traces have which verdict, except ok. */
static void print_verdicts(FILE *out, const struct benchmark *c,
                           size_t allocator)
{
    char title[256], text[64];
    struct name_list name_list = {.out = out, .title = title};

    snprintf(title, sizeof title, "%s: not ok", c->allocators[allocator]->name);
    for (enum verdict v = VERDICT_OK + 1; v < VERDICTS; v++) {
        size_t count = benchmark_count(c, allocator, v);

        snprintf(text, sizeof text, "%zu %s", count, verdict_name(v));
        if (count > 0)
            name_list_add(&name_list, text);
    }
    name_list_end(&name_list);
}

static size_t count_shared(const struct benchmark *c)
{
    size_t shared = 0;

    for (size_t i = 0; i < c->trace_count; i++)
        shared += set_counts(c, c->traces[i]->set) && trace_is_shared(c, i);
    return shared;
}

static void print_unshared(FILE *out, const struct benchmark *c, size_t shared)
{
    char title[128];
    struct name_list name_list = {.out = out, .title = title};

    snprintf(
        title, sizeof title,
        "means in every row: of %zu traces; excluded: not finished by every "
        "allocator",
        shared);
    for (size_t i = 0; i < c->trace_count; i++)
        if (set_counts(c, c->traces[i]->set) && !trace_is_shared(c, i))
            name_list_add(&name_list, c->traces[i]->name);
    name_list_end(&name_list);
}

static void print_exceptions(FILE *out, const struct benchmark *c)
{
    size_t shared = count_shared(c);

    for (size_t a = 0; a < c->allocator_count; a++)
        print_verdicts(out, c, a);
    print_unshared(out, c, shared);
    for (size_t a = 0; a < c->allocator_count; a++) {
        size_t own = means_of(c, a).traces;

        if (own < shared)
            fprintf(out, "%s: means of %zu traces, not %zu\n",
                    c->allocators[a]->name, own, shared);
    }
}

void comparison_print(FILE *out, const struct benchmark *c,
                      const struct profile *p)
{
    struct widths w = widths_of(c);

    print_header(out, c, p, w);
    for (size_t a = 0; a < c->allocator_count; a++)
        print_row(out, c, a, p, w);
    for (size_t i = 0; i < MARKS && c->with_bounds; i++)
        print_mark(out, c, &marks[i], w);
    print_exceptions(out, c);
    fputc('\n', out);
}
