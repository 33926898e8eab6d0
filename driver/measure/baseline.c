/*
 * baseline.c - the fields of a JSON file that a comparison needs. A number that
 * is missing or null is unknown.
 */
#include "baseline.h"

#include "base/fatal.h"
#include "base/verdict.h"
#include "json_file.h"

#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 64 << 20 };

static const double MOST = 1e18; /* of a figure */

static _Noreturn void refuse(const char *path, struct json_object *at,
                             const char *what, const char *key)
{
    fatal(path, json_line(at), "not what mdriver --json writes: %s \"%s\"",
          what, key);
}

/* A figure of 0 to most; null, or what is not there, is 0: unknown. */
static double number(const char *path, struct json_object *o, const char *key,
                     double most)
{
    struct json_object *value = NULL;

    if (!json_object_object_get_ex(o, key, &value) || !value)
        return 0;
    double x = json_object_get_double(value);
    if (!json_is_number(value) || !(x >= 0 && x <= most))
        refuse(path, value, "no figure is", key);
    return x;
}

/* An interval that does not have the median in it is none. */
static struct summary spread(const char *path, struct json_object *o,
                             const char *key)
{
    struct json_object *value = NULL;
    struct summary s = {0};

    if (!json_object_object_get_ex(o, key, &value) || !value)
        return s;
    if (!json_object_is_type(value, json_type_object))
        refuse(path, value, "no object is", key);
    s.median = number(path, value, "median", MOST);
    s.low = number(path, value, "low", MOST);
    s.high = number(path, value, "high", MOST);
    return s.low > 0 && s.low <= s.median && s.median <= s.high
               ? s
               : (struct summary){.median = s.median};
}

/* It lives as long as the object does. */
static const char *text(const char *path, struct json_object *o,
                        const char *key)
{
    struct json_object *value = NULL;

    if (!json_object_is_type(o, json_type_object) ||
        !json_object_object_get_ex(o, key, &value) ||
        !json_object_is_type(value, json_type_string))
        refuse(path, o, "a result has no", key);
    return json_object_get_string(value);
}

static bool is_ok(const char *path, struct json_object *o)
{
    const char *verdict = text(path, o, "verdict");

    for (int v = 0; v < VERDICTS; v++)
        if (strcmp(verdict, verdict_name(v)) == 0)
            return v == VERDICT_OK;
    refuse(path, o, "there is no verdict", verdict);
}

static struct baseline_entry entry_of(const char *path, struct json_object *o)
{
    struct baseline_entry e = {
        .allocator = check_alloc(strdup(text(path, o, "allocator"))),
        .trace = check_alloc(strdup(text(path, o, "trace"))),
        .line = json_line(o),
        .ops = number(path, o, "ops", MOST),
        .peak_payload = number(path, o, "peak_payload", MOST)};

    if (is_ok(path, o))
        e.figures =
            (struct figures){.ok = true,
                             .utilization = number(path, o, "utilization", 1),
                             .ns_per_op = spread(path, o, "ns_per_op"),
                             .ratio = spread(path, o, "ratio_to_libc_spread"),
                             .instructions_per_op =
                                 number(path, o, "instructions_per_op", MOST)};
    return e;
}

static void check_once(const struct baseline *b, const char *path)
{
    const struct baseline_entry *last = &b->entries[b->count - 1];

    for (const struct baseline_entry *e = b->entries; e < last; e++)
        if (strcmp(e->allocator, last->allocator) == 0 &&
            strcmp(e->trace, last->trace) == 0)
            fatal(path, last->line, "%s has a result of %s in line %lu, too",
                  e->allocator, e->trace, e->line);
}

struct baseline *baseline_read(const char *path)
{
    struct json_object *results,
        *root = json_file_read(path, MOST_BYTES, "results");
    struct baseline *b = check_alloc(calloc(1, sizeof *b));

    if (!json_object_object_get_ex(root, "results", &results) ||
        !json_object_is_type(results, json_type_array))
        fatal(path, 0, "not what mdriver --json writes: it has no \"results\"");
    double schema = number(path, root, "schema", MOST);
    if (schema != 0 && schema != RESULTS_SCHEMA)
        fatal(path, json_line(root), "its schema is %.0f; here it is %d",
              schema, RESULTS_SCHEMA);
    size_t count = json_object_array_length(results);
    b->path = path;
    b->align = (unsigned)number(path, root, "align", 16);
    b->entries = check_alloc(calloc(count + 1, sizeof *b->entries));
    while (b->count < count) {
        b->entries[b->count] =
            entry_of(path, json_object_array_get_idx(results, b->count));
        b->count++;
        check_once(b, path);
    }
    json_object_put(root);
    return b;
}

void baseline_delete(struct baseline *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < b->count; i++) {
        free(b->entries[i].allocator);
        free(b->entries[i].trace);
    }
    free(b->entries);
    free(b);
}

/* libc is in many a file as a yardstick. */
static bool has_one_allocator(const struct baseline *b)
{
    const char *only = NULL;

    for (size_t i = 0; i < b->count; i++) {
        const char *name = b->entries[i].allocator;

        if (only && strcmp(name, only) != 0 && strcmp(name, "libc") != 0)
            return false;
        if (strcmp(name, "libc") != 0)
            only = name;
    }
    return only != NULL;
}

const struct baseline_entry *baseline_find(const struct baseline *b,
                                           const char *allocator,
                                           const char *trace)
{
    bool any = has_one_allocator(b);

    for (size_t i = 0; i < b->count; i++) {
        const struct baseline_entry *e = &b->entries[i];

        if (strcmp(e->trace, trace) == 0 &&
            (strcmp(e->allocator, allocator) == 0 ||
             (any && strcmp(e->allocator, "libc") != 0)))
            return e;
    }
    return NULL;
}
