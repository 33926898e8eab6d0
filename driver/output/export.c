/*
 * export.c - the same numbers twice: a JSON object, a CSV line.
 */
#define _GNU_SOURCE
#include "export.h"

#include "base/fatal.h"
#include "csv.h"
#include "measure/waste.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { SCHEMA = 1 };

/* Set by the Makefile: how this was compiled. */
#ifndef BUILD_MODE
#define BUILD_MODE "unknown"
#endif

/* ---- JSON values. ---- */

static void add(struct json_object *o, const char *key,
                struct json_object *value)
{
    json_object_object_add(o, key, value);
}

static void add_text(struct json_object *o, const char *key, const char *text)
{
    add(o, key, json_object_new_string(text));
}

static void add_count(struct json_object *o, const char *key, uint64_t count)
{
    add(o, key, json_object_new_uint64(count));
}

static void add_number(struct json_object *o, const char *key, double x)
{
    add(o, key, json_object_new_double(x));
}

static void add_utilization(struct json_object *o, bool known, double x)
{
    add(o, "utilization", known ? json_object_new_double(x) : NULL);
}

static void add_summary(struct json_object *o, const char *key,
                        const struct summary *s)
{
    struct json_object *value = json_object_new_object();

    add_number(value, "median", s->median);
    add_number(value, "min", s->min);
    add_number(value, "p25", s->p25);
    add_number(value, "p75", s->p75);
    add_count(value, "rounds", s->count);
    add(o, key, value);
}

/* ---- The parts of the JSON object. ---- */

static void add_bounds(struct json_object *o, const struct export_setup *e,
                       size_t trace)
{
    const struct trace *t = e->benchmark->traces[trace];
    const struct bounds *b = &e->benchmark->bounds[trace];
    struct json_object *bounds = json_object_new_object();
    uint64_t aligned = trace_aligned_peak(t, e->align);

    add_number(bounds, "aligned",
               aligned ? (double)t->peak_payload / (double)aligned : 0);
    add(bounds, "best_fit",
        b->known ? json_object_new_double(b->best_fit) : NULL);
    add(bounds, "packing",
        b->packed ? json_object_new_double(b->packing) : NULL);
    add(o, "bounds", bounds);
}

static void add_waste_part(struct json_object *waste, const struct waste *w,
                           enum waste_part part, const char *name)
{
    bool known = part != WASTE_METADATA || w->metadata_known;

    add(waste, name, known ? json_object_new_int64(w->bytes[part]) : NULL);
}

/* In bytes; what could not be measured is null, as is all without bounds. */
static void add_waste(struct json_object *o, const struct export_setup *e,
                      size_t allocator, size_t trace)
{
    struct waste w = waste_of(e->benchmark, allocator, trace);
    struct json_object *waste = w.known ? json_object_new_object() : NULL;

    for (enum waste_part i = 0; i < WASTE_PARTS && w.known; i++)
        add_waste_part(waste, &w, i, waste_name(i));
    for (enum waste_part i = 0; i < WASTE_PARTS && w.known; i++)
        add_waste_part(waste, &w, i, waste_former_name(i));
    add(o, "waste", waste);
}

static void add_speed(struct json_object *o, const struct result *r)
{
    if (!r->timed) {
        add(o, "ns_per_op", NULL);
        add(o, "ops_per_second", NULL);
        add(o, "ratio_to_libc", NULL);
        return;
    }
    add_summary(o, "ns_per_op", &r->ns_per_op);
    add_number(o, "ops_per_second", 1e9 / r->ns_per_op.median);
    add_number(o, "ratio_to_libc", r->ratio.median);
    add_summary(o, "ratio_to_libc_spread", &r->ratio);
}

static void add_perturbed(struct json_object *o, const struct result *r)
{
    struct json_object *p = NULL;

    if (r->perturbed) {
        p = json_object_new_object();
        add_text(p, "verdict", verdict_name(r->perturbed_verdict));
        add_text(p, "message", r->perturbed_message);
        add_utilization(p, r->perturbed_verdict == VERDICT_OK,
                        r->perturbed_utilization);
    }
    add(o, "perturbed", p);
}

static struct json_object *result_object(const struct export_setup *e,
                                         size_t allocator, size_t trace)
{
    const struct benchmark *c = e->benchmark;
    const struct result *r = benchmark_result(c, allocator, trace);
    const struct trace *t = c->traces[trace];
    struct json_object *o = json_object_new_object();

    add_text(o, "allocator", c->allocators[allocator]->name);
    add_text(o, "trace", t->name);
    add_text(o, "verdict", verdict_name(r->outcome.verdict));
    add_text(o, "message", r->outcome.message);
    add_text(o, "reproduce", r->outcome.reproduce);
    add_count(o, "line", r->outcome.line);
    add_count(o, "ops", t->op_count);
    add_count(o, "ops_done", r->outcome.ops_done);
    add_count(o, "ops_refused", r->outcome.ops_refused);
    add_count(o, "requests_refused", r->outcome.requests_refused);
    add_count(o, "weight", t->weight);
    add_count(o, "peak_payload", t->peak_payload);
    add_count(o, "peak_footprint", r->outcome.footprint);
    add_count(o, "static_data_counted", r->outcome.static_counted);
    add_utilization(o, utilization_known(r), r->utilization);
    add_bounds(o, e, trace);
    add_waste(o, e, allocator, trace);
    add_speed(o, r);
    add_perturbed(o, r);
    return o;
}

static struct json_object *index_object(const struct export_setup *e,
                                        size_t allocator)
{
    struct score s = score_of(e->benchmark, allocator, e->profile);
    const char *idea = e->benchmark->allocators[allocator]->idea;
    struct json_object *o = json_object_new_object();

    add_number(o, "utilization", s.memory_points);
    add_number(o, "throughput", s.speed_points);
    add_number(o, "total", s.total);
    add_text(o, "profile", e->profile->name);
    add_count(o, "traces", s.traces);
    add_count(o, "ok", s.ok);
    add_number(o, "mean_utilization", s.utilization);
    add_number(o, "geometric_ns_per_op", s.ns_per_op);
    add_number(o, "geometric_ratio_to_libc", s.ratio);
    add(o, "idea", idea ? json_object_new_string(idea) : NULL);
    return o;
}

static struct json_object *machine_object(void)
{
    struct json_object *o = json_object_new_object();
    struct utsname u;

    uname(&u);
    add_text(o, "system", u.sysname);
    add_text(o, "release", u.release);
    add_text(o, "architecture", u.machine);
    add_count(o, "processors", (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
    return o;
}

static struct json_object *build_object(void)
{
    struct json_object *o = json_object_new_object();

    add_text(o, "mode", BUILD_MODE);
    add_text(o, "compiler", __VERSION__);
    return o;
}

static struct json_object *adversary_object(const struct adversary_benchmark *t,
                                            size_t allocator, size_t n)
{
    const struct adversary_setup *c = &t->adversary_setup;
    const struct adversary_result *d =
        adversary_benchmark_result(t, allocator, n);
    struct json_object *o = json_object_new_object();

    add_text(o, "allocator", t->allocators[allocator]->name);
    add_text(o, "name", c->adversary->name);
    add_count(o, "n", c->n[n]);
    add_count(o, "M", c->budget);
    add_count(o, "unit", c->unit);
    add_count(o, "seed", c->seed);
    add_count(o, "operations", d->operations);
    add_count(o, "peak_payload", d->peak_payload);
    add_count(o, "peak_footprint", d->outcome.footprint);
    add_number(o, "ratio", d->ratio);
    add_number(o, "bound", robson_bound(c->n[n], c->budget));
    add_text(o, "verdict", verdict_name(d->outcome.verdict));
    add_text(o, "message", d->outcome.message);
    add_text(o, "reproduce", d->outcome.reproduce);
    return o;
}

static void add_adversary_results(struct json_object *root,
                                  const struct adversary_benchmark *t)
{
    struct json_object *adversary_results = json_object_new_array();
    size_t columns = t->adversary_setup.n_count;

    for (size_t i = 0; i < t->allocator_count * columns; i++)
        json_object_array_add(adversary_results,
                              adversary_object(t, i / columns, i % columns));
    add(root, "adversary", adversary_results);
}

static struct json_object *root_object(const struct export_setup *e)
{
    const struct benchmark *c = e->benchmark;
    struct json_object *root = json_object_new_object();
    struct json_object *results = json_object_new_array();
    struct json_object *index = json_object_new_object();
    struct json_object *loop = json_object_new_object();

    add_count(root, "schema", SCHEMA);
    add(root, "machine", machine_object());
    add(root, "build", build_object());
    add_count(root, "align", e->align);
    add_count(root, "seed", c->setup.seed);
    for (size_t a = 0; a < c->allocator_count; a++) {
        for (size_t i = 0; i < c->trace_count; i++)
            json_object_array_add(results, result_object(e, a, i));
        if (c->timing)
            add(index, c->allocators[a]->name, index_object(e, a));
    }
    for (size_t i = 0; c->timing && i < c->trace_count; i++)
        add_number(loop, c->traces[i]->name, c->loop_ns[i]);
    if (e->adversary_benchmark)
        add_adversary_results(root, e->adversary_benchmark);
    add(root, "interrupted", json_object_new_boolean(c->interrupted));
    add(root, "loop_ns_per_op", loop);
    add(root, "results", results);
    add(root, "index", index);
    return root;
}

/* ---- Files. ---- */

static FILE *open_output(const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");

    if (!file)
        fatal(path, 0, "cannot write it: %s", strerror(errno));
    return file;
}

static void close_output(FILE *file, const char *path)
{
    bool failed = fflush(file) != 0 || ferror(file);

    if (file != stdout)
        failed |= fclose(file) != 0;
    if (failed)
        fatal(path, 0, "cannot write it: %s", strerror(errno));
}

void export_json(const struct export_setup *setup, const char *path)
{
    FILE *file = open_output(path);
    struct json_object *root = root_object(setup);

    fputs(json_object_to_json_string_ext(
              root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE),
          file);
    fputc('\n', file);
    json_object_put(root);
    close_output(file, path);
}

/* A field of its own, empty where the share is not known. */
static void csv_share(FILE *file, bool known, double share)
{
    if (known)
        fprintf(file, ",%.6f", share);
    else
        fputc(',', file);
}

static void csv_times(FILE *file, const struct result *r)
{
    if (r->timed)
        fprintf(file, ",%.3f,%.3f,%.3f,%.3f,%.0f,%.4f", r->ns_per_op.median,
                r->ns_per_op.min, r->ns_per_op.p25, r->ns_per_op.p75,
                1e9 / r->ns_per_op.median, r->ratio.median);
    else
        fputs(",,,,,,", file);
}

static void csv_perturbed(FILE *file, const struct result *r)
{
    enum verdict verdict = r->perturbed_verdict;

    fprintf(file, ",%s", r->perturbed ? verdict_name(verdict) : "");
    csv_share(file, r->perturbed && verdict == VERDICT_OK,
              r->perturbed_utilization);
}

static void csv_line(FILE *file, const struct export_setup *e, size_t allocator,
                     size_t trace)
{
    const struct benchmark *c = e->benchmark;
    const struct result *r = benchmark_result(c, allocator, trace);
    const struct trace *t = c->traces[trace];

    csv_text(file, c->allocators[allocator]->name);
    fputc(',', file);
    csv_text(file, t->name);
    fprintf(file, ",%s,%llu,%llu,%llu", verdict_name(r->outcome.verdict),
            (unsigned long long)t->op_count,
            (unsigned long long)t->peak_payload,
            (unsigned long long)r->outcome.footprint);
    csv_share(file, utilization_known(r), r->utilization);
    csv_times(file, r);
    csv_share(file, c->bounds[trace].known, c->bounds[trace].best_fit);
    csv_share(file, c->bounds[trace].packed, c->bounds[trace].packing);
    csv_perturbed(file, r);
    fputc('\n', file);
}

static void adversary_line(FILE *file, const struct adversary_benchmark *t,
                           size_t allocator, size_t n)
{
    const struct adversary_setup *c = &t->adversary_setup;
    const struct adversary_result *d =
        adversary_benchmark_result(t, allocator, n);

    csv_text(file, t->allocators[allocator]->name);
    fprintf(file, ",%s,%llu,%llu,%llu,%s,%llu,%llu,%llu,%.6f,%.6f\n",
            c->adversary->name, (unsigned long long)c->n[n],
            (unsigned long long)c->budget, (unsigned long long)c->unit,
            verdict_name(d->outcome.verdict), (unsigned long long)d->operations,
            (unsigned long long)d->peak_payload,
            (unsigned long long)d->outcome.footprint, d->ratio,
            robson_bound(c->n[n], c->budget));
}

static void write_adversary_results(FILE *file,
                                    const struct adversary_benchmark *t)
{
    size_t columns = t->adversary_setup.n_count;

    fprintf(file, "allocator,adversary,n,M,unit,verdict,operations,"
                  "peak_payload,peak_footprint,ratio,bound\n");
    for (size_t i = 0; i < t->allocator_count * columns; i++)
        adversary_line(file, t, i / columns, i % columns);
}

static void write_results(FILE *file, const struct export_setup *setup)
{
    const struct benchmark *c = setup->benchmark;

    fprintf(file, "allocator,trace,verdict,ops,peak_payload,peak_footprint,"
                  "utilization,ns_median,ns_min,ns_p25,ns_p75,ops_per_second,"
                  "ratio_to_libc,best_fit,packing,perturbed_verdict,"
                  "perturbed_utilization\n");
    for (size_t a = 0; a < c->allocator_count; a++)
        for (size_t i = 0; i < c->trace_count; i++)
            csv_line(file, setup, a, i);
}

void export_csv(const struct export_setup *setup, const char *path)
{
    FILE *file = open_output(path);

    if (setup->adversary_benchmark)
        write_adversary_results(file, setup->adversary_benchmark);
    else
        write_results(file, setup);
    close_output(file, path);
}
