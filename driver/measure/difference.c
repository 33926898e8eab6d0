/*
 * difference.c - changes in logarithms, or in points of utilization.
 *
 * Intervals of independent figures are combined by MOVER (Zou, Donner:
 * Construction of confidence limits about effect measures, Statistics in
 * Medicine 27, 2008): the distances of an interval's ends from its middle add
 * up as squares do.
 */
#define _GNU_SOURCE
#include "difference.h"

#include "base/fatal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const metric_names[METRICS] = {
    [METRIC_UTIL] = "util",
    [METRIC_TIME] = "time",
    [METRIC_INSTRUCTIONS] = "instructions",
};

/* ---- One change, not yet in per cent. ---- */

static struct change exact(double before, double after, double by)
{
    return (struct change){before > 0 && after > 0, before, after, by, by, by};
}

static struct change logarithm(double before, double after)
{
    if (!(before > 0 && after > 0))
        return (struct change){0};
    return exact(before, after, log(after / before));
}

/* The inverse of a ratio of speeds, of the rounds. */
static struct change time_in_one_run(struct summary against, double before,
                                     double after)
{
    if (!(against.low > 0))
        return (struct change){0};
    return (struct change){true,
                           before,
                           after,
                           -log(against.median),
                           -log(against.high),
                           -log(against.low)};
}

static struct change time_between_runs(const struct figures *old,
                                       const struct figures *new)
{
    struct summary a = old->ratio, b = new->ratio;

    if (!(a.low > 0 && b.low > 0))
        return (struct change){0};
    double by = log(a.median / b.median);
    double down = hypot(log(a.median / a.low), log(b.high / b.median));
    double up = hypot(log(a.high / a.median), log(b.median / b.low));
    return (struct change){
        true,   old->ns_per_op.median, new->ns_per_op.median, by, by - down,
        by + up};
}

/* ---- All of a trace, and of an allocator. ---- */

static struct figures figures_of(const struct benchmark *b, size_t allocator,
                                 size_t trace)
{
    const struct result *r = benchmark_result(b, allocator, trace);
    double ops = (double)b->traces[trace]->op_count;

    if (r->outcome.verdict != VERDICT_OK)
        return (struct figures){0};
    return (struct figures){
        .ok = true,
        .utilization = utilization_known(r) ? r->utilization : 0,
        .ns_per_op = r->timed ? r->ns_per_op : (struct summary){0},
        .ratio = r->timed ? r->ratio : (struct summary){0},
        .instructions_per_op = r->counted ? (double)r->instructions / ops : 0};
}

/* Returns false where there is nothing to compare. */
static bool set_changes(struct difference *d, const struct figures *old,
                        const struct figures *new,
                        const struct summary *against)
{
    if (!old->ok || !new->ok)
        return false;
    d->change[METRIC_UTIL] = exact(old->utilization, new->utilization,
                                   new->utilization - old->utilization);
    d->change[METRIC_TIME] =
        against ? time_in_one_run(*against, old->ns_per_op.median,
                                  new->ns_per_op.median)
                : time_between_runs(old, new);
    d->change[METRIC_INSTRUCTIONS] =
        logarithm(old->instructions_per_op, new->instructions_per_op);
    return true;
}

/* The mean of the rows' changes, as far as they are known. */
static struct change mean_change(const struct difference *rows, size_t count,
                                 enum metric metric)
{
    struct change mean = {0};
    double n = 0, down = 0, up = 0;

    for (size_t i = 0; i < count; i++) {
        const struct change *c = &rows[i].change[metric];

        if (!c->known)
            continue;
        n++;
        mean.by += c->by;
        down = hypot(down, c->by - c->low);
        up = hypot(up, c->high - c->by);
        mean.before += metric == METRIC_UTIL ? c->before : log(c->before);
        mean.after += metric == METRIC_UTIL ? c->after : log(c->after);
    }
    if (n == 0)
        return mean;
    mean =
        (struct change){true,        mean.before / n,      mean.after / n,
                        mean.by / n, (mean.by - down) / n, (mean.by + up) / n};
    if (metric != METRIC_UTIL) {
        mean.before = exp(mean.before);
        mean.after = exp(mean.after);
    }
    return mean;
}

static void to_per_cent(struct change *c, enum metric metric)
{
    double *values[] = {&c->by, &c->low, &c->high};

    for (int i = 0; i < 3; i++)
        *values[i] =
            100 * (metric == METRIC_UTIL ? *values[i] : expm1(*values[i]));
}

/* ---- All. ---- */

static size_t index_of(const struct benchmark *b, const struct allocator *a)
{
    size_t i = 0;

    while (b->allocators[i] != a)
        i++;
    return i;
}

static bool is_compared(const struct benchmark *b, const struct baseline *file,
                        const struct allocator *a)
{
    return file ? strcmp(a->name, "libc") != 0 : a != b->baseline;
}

static void check_same(const struct baseline *file,
                       const struct baseline_entry *e, const struct trace *t)
{
    if ((e->ops == 0 || e->ops == (double)t->op_count) &&
        (e->peak_payload == 0 || e->peak_payload == (double)t->peak_payload))
        return;
    fatal(file->path, e->line,
          "%s was another trace: of %.0f operations and a peak payload of %.0f "
          "bytes, not %llu and %llu",
          e->trace, e->ops, e->peak_payload, (unsigned long long)t->op_count,
          (unsigned long long)t->peak_payload);
}

static void check_allocator(const struct benchmark *b,
                            const struct baseline *file, const char *name,
                            bool limited)
{
    const char *missing = NULL;
    size_t count = 0;

    for (size_t i = 0; i < b->trace_count; i++) {
        const struct trace *t = b->traces[i];
        const struct baseline_entry *e = baseline_find(file, name, t->name);

        if (e)
            check_same(file, e, t);
        else if (count++ == 0)
            missing = t->name;
    }
    if (count == b->trace_count && limited)
        fatal(file->path, 0,
              "it has none of these traces for %s, so --fail-if cannot tell",
              name);
    if (count > 1)
        warn(file->path, 0,
             "%s and %zu more traces are not in it for %s: not compared",
             missing, count - 1, name);
    else if (count == 1)
        warn(file->path, 0, "%s is not in it for %s: not compared", missing,
             name);
}

static bool has_trace(const struct benchmark *b, const char *name)
{
    for (size_t i = 0; i < b->trace_count; i++)
        if (strcmp(b->traces[i]->name, name) == 0)
            return true;
    return false;
}

static void note_others(const struct benchmark *b, const struct baseline *file)
{
    const char *first = NULL;
    size_t count = 0;

    for (size_t i = 0; i < file->count; i++)
        if (!has_trace(b, file->entries[i].trace) && count++ == 0)
            first = file->entries[i].trace;
    if (count > 0)
        warn(file->path, 0,
             "%zu of its %zu results are of traces that are not replayed now, "
             "such as %s",
             count, file->count, first);
}

void differences_check(const struct benchmark *b, const struct baseline *file,
                       bool limited)
{
    if (file->align && file->align != b->setup.align)
        fatal(file->path, 0, "it was judged with --align %u, not %u",
              file->align, b->setup.align);
    for (size_t i = 0; i < b->allocator_count; i++)
        if (is_compared(b, file, b->allocators[i]))
            check_allocator(b, file, b->allocators[i]->name, limited);
    note_others(b, file);
}

/* The allocator's rows, after the others; none if it has no trace in common. */
static void add_allocator(struct differences *all, const struct benchmark *b,
                          const struct baseline *file, size_t allocator)
{
    const struct allocator *a = b->allocators[allocator];
    struct difference *rows = all->rows + all->count;
    size_t count = 0;

    for (size_t i = 0; i < b->trace_count; i++) {
        const struct result *r = benchmark_result(b, allocator, i);
        struct figures new = figures_of(b, allocator, i), other;
        const struct baseline_entry *e =
            file ? baseline_find(file, a->name, b->traces[i]->name) : NULL;

        if (file)
            other = e ? e->figures : (struct figures){0};
        else
            other = figures_of(b, index_of(b, b->baseline), i);
        rows[count] = (struct difference){a, b->traces[i], {{0}}};
        count +=
            set_changes(&rows[count], &other, &new, file ? NULL : &r->against);
    }
    if (count == 0)
        return;
    rows[count] = (struct difference){a, NULL, {{0}}};
    for (enum metric m = 0; m < METRICS; m++)
        rows[count].change[m] = mean_change(rows, count, m);
    all->count += count + 1;
}

struct differences *differences_of(const struct benchmark *b,
                                   const struct baseline *file)
{
    struct differences *all = check_alloc(calloc(1, sizeof *all));

    all->rows = check_alloc(
        calloc(b->allocator_count * (b->trace_count + 1), sizeof *all->rows));
    for (size_t i = 0; i < b->allocator_count; i++)
        if (is_compared(b, file, b->allocators[i]))
            add_allocator(all, b, file, i);
    for (size_t i = 0; i < all->count; i++)
        for (enum metric m = 0; m < METRICS; m++)
            to_per_cent(&all->rows[i].change[m], m);
    return all;
}

void differences_delete(struct differences *d)
{
    if (d)
        free(d->rows);
    free(d);
}

/* ---- Limits. ---- */

static bool takes(const char **at, const char *word)
{
    size_t length = strlen(word);

    if (strncmp(*at, word, length) != 0)
        return false;
    *at += length;
    return true;
}

/* One condition; returns what follows it, or NULL where it is none. */
static const char *parse_limit(const char *at, struct limit *limit)
{
    static const int worse[METRICS] = {-1, 1, 1};
    enum metric m = 0;
    char *end;

    *limit = (struct limit){.text = at};
    limit->any = takes(&at, "any.");
    while (m < METRICS && !takes(&at, metric_names[m]))
        m++;
    if (m == METRICS || *at++ != (worse[m] < 0 ? '<' : '>'))
        return NULL;
    if (strspn(at, "+-.0123456789") != strcspn(at, "%"))
        return NULL;
    limit->at = strtod(at, &end);
    limit->metric = m;
    limit->sign = worse[m];
    if (end == at || *end++ != '%' || !(fabs(limit->at) <= 1e6))
        return NULL;
    limit->length = (int)(end - limit->text);
    return end;
}

struct limits limits_parse(const char *text)
{
    struct limits limits = {0};
    const char *at = text;

    while (at && limits.count < MOST_LIMITS) {
        at = parse_limit(at, &limits.limits[limits.count++]);
        if (at && *at == '\0')
            return limits;
        if (at && *at++ != ',')
            at = NULL;
    }
    fatal_usage("--fail-if takes up to %d conditions such as util<-0.5%%,"
                "time>+3%%,any.instructions>+1%%, not '%s'",
                MOST_LIMITS, text);
}

static bool concerns(const struct limit *limit, const struct difference *d)
{
    return limit->any == (d->trace != NULL);
}

bool is_regression(const struct limit *limit, const struct difference *d)
{
    const struct change *c = &d->change[limit->metric];
    double nearest = limit->sign > 0 ? c->low : c->high;

    return concerns(limit, d) && c->known &&
           limit->sign * (nearest - limit->at) > 0;
}

bool is_undecided(const struct limit *limit, const struct difference *d)
{
    return !d->trace && !d->change[limit->metric].known;
}
