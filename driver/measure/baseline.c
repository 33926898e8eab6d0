/*
 * baseline.c - the fields of a JSON file that a comparison needs. A number that
 * is missing, null or no measurement is unknown.
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

static const double MOST = 1e18; /* of a figure; else it is unknown */

static double number(struct json_object *o, const char *key)
{
    struct json_object *value = NULL;

    if (!json_object_object_get_ex(o, key, &value) ||
        (!json_object_is_type(value, json_type_int) &&
         !json_object_is_type(value, json_type_double)))
        return 0;
    double x = json_object_get_double(value);
    return x >= 1 / MOST && x <= MOST ? x : 0;
}

/* An interval that does not have the median in it is none. */
static struct summary spread(struct json_object *o, const char *key)
{
    struct json_object *value = NULL;
    struct summary s = {0};

    if (!json_object_object_get_ex(o, key, &value) ||
        !json_object_is_type(value, json_type_object))
        return s;
    s.median = number(value, "median");
    s.low = number(value, "low");
    s.high = number(value, "high");
    return s.low > 0 && s.low <= s.median && s.median <= s.high
               ? s
               : (struct summary){.median = s.median};
}

static char *text(const char *path, struct json_object *o, const char *key)
{
    struct json_object *value = NULL;

    if (!json_object_is_type(o, json_type_object) ||
        !json_object_object_get_ex(o, key, &value) ||
        !json_object_is_type(value, json_type_string))
        fatal(path, 0, "not what mdriver --json writes: a result has no \"%s\"",
              key);
    return check_alloc(strdup(json_object_get_string(value)));
}

static struct baseline_entry entry_of(const char *path, struct json_object *o)
{
    struct baseline_entry e = {.allocator = text(path, o, "allocator"),
                               .trace = text(path, o, "trace")};
    char *verdict = text(path, o, "verdict");

    if (strcmp(verdict, verdict_name(VERDICT_OK)) == 0)
        e.figures = (struct figures){.ok = true,
                                     .utilization = number(o, "utilization"),
                                     .ns_per_op = spread(o, "ns_per_op"),
                                     .ratio = spread(o, "ratio_to_libc_spread"),
                                     .instructions_per_op =
                                         number(o, "instructions_per_op")};
    free(verdict);
    return e;
}

struct baseline *baseline_read(const char *path)
{
    struct json_object *results,
        *root = json_file_read(path, MOST_BYTES, "results");
    struct baseline *b = check_alloc(calloc(1, sizeof *b));

    if (!json_object_object_get_ex(root, "results", &results) ||
        !json_object_is_type(results, json_type_array))
        fatal(path, 0, "not what mdriver --json writes: it has no \"results\"");
    b->count = json_object_array_length(results);
    b->entries = check_alloc(calloc(b->count + 1, sizeof *b->entries));
    for (size_t i = 0; i < b->count; i++)
        b->entries[i] = entry_of(path, json_object_array_get_idx(results, i));
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

const struct figures *baseline_find(const struct baseline *b,
                                    const char *allocator, const char *trace)
{
    bool any = has_one_allocator(b);

    for (size_t i = 0; i < b->count; i++) {
        const struct baseline_entry *e = &b->entries[i];

        if (strcmp(e->trace, trace) == 0 &&
            (strcmp(e->allocator, allocator) == 0 ||
             (any && strcmp(e->allocator, "libc") != 0)))
            return &e->figures;
    }
    return NULL;
}
