/*
 * export.c - write results as a JSON object, or as lines of CSV.
 */
#define _GNU_SOURCE
#include "export.h"

#include "base/build.h"
#include "base/output_file.h"
#include "columns.h"
#include "csv.h"
#include "set_scores.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>


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

/* ---- The parts of the JSON object. ---- */

static struct json_object *json_of(struct value v)
{
    switch (v.type) {
    case VALUE_TEXT:
        return json_object_new_string(v.text);
    case VALUE_COUNT:
        return json_object_new_uint64(v.count);
    case VALUE_INTEGER:
        return json_object_new_int64(v.integer);
    case VALUE_NUMBER:
        return json_object_new_double(v.number);
    default:
        return NULL;
    }
}

/* Add a field by its path, "name" or "object.name"; make the object if new. */
static void add_value(struct json_object *root, const char *path,
                      struct value v)
{
    const char *dot = strchr(path, '.');
    struct json_object *inner = NULL;
    char outer[64];

    if (!dot) {
        add(root, path, json_of(v));
        return;
    }
    snprintf(outer, sizeof outer, "%.*s", (int)(dot - path), path);
    if (v.type == VALUE_ABSENT) {
        add(root, outer, NULL);
        return;
    }
    if (!json_object_object_get_ex(root, outer, &inner) || !inner)
        add(root, outer, inner = json_object_new_object());
    add(inner, dot + 1, json_of(v));
}

static struct json_object *result_object(const struct row *row)
{
    struct json_object *o = json_object_new_object();

    for (enum column_id id = 0; id < COLUMNS; id++) {
        if (columns[id].json)
            add_value(o, columns[id].json, column_value(id, row));
        if (columns[id].also)
            add_value(o, columns[id].also, column_value(id, row));
    }
    return o;
}

static struct json_object *number_or_null(bool known, double x)
{
    return known ? json_object_new_double(x) : NULL;
}

/* The interval of a timed ratio to libc; else null. */
static struct json_object *interval_object(const struct score *s)
{
    struct json_object *pair;

    if (!(s->throughput_high > 0))
        return NULL;
    pair = json_object_new_array();
    json_object_array_add(pair, json_object_new_double(s->throughput_low));
    json_object_array_add(pair, json_object_new_double(s->throughput_high));
    return pair;
}

static struct json_object *index_object(const struct export_setup *e,
                                        size_t allocator)
{
    struct score s = score_of(e->benchmark, allocator, e->profile);
    const char *idea = e->benchmark->allocators[allocator]->idea;
    struct json_object *o = json_object_new_object();

    add_number(o, "utilization", s.memory_points);
    add(o, "throughput", number_or_null(s.known, s.speed_points));
    add(o, "total", number_or_null(s.known, s.total));
    add_text(o, "profile", e->profile->name);
    add_count(o, "traces", s.traces);
    add_count(o, "ok", s.ok);
    add_number(o, "mean_utilization", s.utilization);
    add_number(o, "geometric_ns_per_op", s.ns_per_op);
    add_number(o, "geometric_ratio_to_libc", s.ratio);
    add_text(o, "measure",
             benchmark_by_instructions(e->benchmark) ? "instructions" : "time");
    add(o, "geometric_instructions_per_op",
        number_or_null(e->benchmark->counting, s.instructions_per_op));
    add(o, "ops_per_1000_instructions",
        number_or_null(benchmark_by_instructions(e->benchmark),
                       s.ops_per_1000));
    add(o, "throughput_interval", interval_object(&s));
    add(o, "stable",
        s.throughput_high > 0 ? json_object_new_boolean(s.stable) : NULL);
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

    add_text(o, "mode", build_mode);
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
    size_t n_count = t->adversary_setup.n_count;

    for (size_t i = 0; i < t->allocator_count * n_count; i++)
        json_object_array_add(adversary_results,
                              adversary_object(t, i / n_count, i % n_count));
    add(root, "adversary", adversary_results);
}

static struct json_object *root_object(const struct export_setup *e)
{
    const struct benchmark *c = e->benchmark;
    struct json_object *root = json_object_new_object();
    struct json_object *results = json_object_new_array();
    struct json_object *index = json_object_new_object();
    struct json_object *loop = json_object_new_object();

    add_count(root, "schema", RESULTS_SCHEMA);
    add(root, "machine", machine_object());
    add(root, "build", build_object());
    add_count(root, "align", e->align);
    add_count(root, "seed", c->setup.seed);
    for (size_t a = 0; a < c->allocator_count; a++) {
        for (size_t i = 0; i < c->trace_count; i++) {
            struct row row = row_of(c, a, i, e->align);

            json_object_array_add(results, result_object(&row));
        }
        if (benchmark_has_speed(c))
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
    add(root, "comparison",
        e->differences ? difference_json(e->differences) : NULL);
    add(root, "sets", set_scores_json(c, e->profile));
    return root;
}

/* ---- Files. ---- */

void export_json(const struct export_setup *setup, const char *path)
{
    FILE *file = output_open(path);
    struct json_object *root = root_object(setup);

    fputs(json_object_to_json_string_ext(
              root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE),
          file);
    fputc('\n', file);
    json_object_put(root);
    output_close(file, path);
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
    size_t n_count = t->adversary_setup.n_count;

    fprintf(file, "allocator,adversary,n,M,unit,verdict,operations,"
                  "peak_payload,peak_footprint,ratio,bound\n");
    for (size_t i = 0; i < t->allocator_count * n_count; i++)
        adversary_line(file, t, i / n_count, i % n_count);
}

void export_csv(const struct export_setup *setup, const char *path)
{
    FILE *file = output_open(path);

    if (setup->adversary_benchmark)
        write_adversary_results(file, setup->adversary_benchmark);
    else
        csv_results(file, CSV_COMMAS, setup->benchmark, setup->align);
    output_close(file, path);
}

void export_files(const struct export_setup *setup, const char *json,
                  const char *csv)
{
    if (json)
        export_json(setup, json);
    if (csv)
        export_csv(setup, csv);
}
