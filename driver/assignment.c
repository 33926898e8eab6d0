/*
 * assignment.c - the only reader of assignments; the tools ask mdriver.
 */
#define _GNU_SOURCE
#include "assignment.h"

#include "memlib.h"
#include "base/build.h"
#include "base/fatal.h"
#include "base/nearest.h"
#include "base/size_text.h"
#include "base/suffix.h"
#include "measure/json_file.h"

#include <ctype.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_TRACES = 1000, MOST_ALLOWED = 256, LONGEST_NAME = 60 };

enum { LONGEST_FILE = 100, LONGEST_WORD = 31, LONGEST_CALL = 63 };

static const double MOST_SECONDS = 1e6;

static const char *const keys[] = {"name",    "lab",    "alignment",
                                   "traces",  "points", "limits",
                                   "allowed", "secret", NULL};

enum { NEEDED = 5 }; /* the first of them */

static const char *const limit_keys[] = {"heap_limit", "time_limit", "budget",
                                         NULL};

static const char *const secret_keys[] = {"seed", "counts", NULL};

/* By enum trace_set. */
static const char *const set_names[] = {"both", "public", "secret", NULL};

static const char *const point_keys[] = {
    "utilization_weight", "utilization", "throughput",
    "reference",          "average",     "measure",
    "widest",             NULL};

static const char *const lab_names[] = {"csapp", "cmu", "house", NULL};

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(word, *words) == 0)
            return true;
    return false;
}

static void check_keys(const char *path, struct json_object *o,
                       const char *what, const char *const *known)
{
    json_object_object_foreach (o, key, value) {
        if (!is_one_of(key, known))
            fatal(path, json_line(value),
                  "\"%s\" is no key of %s; the nearest is \"%s\"", key, what,
                  nearest_name(key, known));
    }
}

/* ---- Values. ---- */

/* Its text; NULL where it is no string, is too long or holds what none may. */
static const char *text_of(struct json_object *o, size_t longest)
{
    const char *text = json_object_get_string(o);

    if (!json_object_is_type(o, json_type_string) || text[0] == '\0' ||
        (size_t)json_object_get_string_len(o) > longest ||
        strlen(text) != (size_t)json_object_get_string_len(o))
        return NULL;
    for (const char *c = text; *c; c++)
        if (iscntrl((unsigned char)*c))
            return NULL;
    return text;
}

/* -1 where it is no integer within the limits of an int. */
static int integer_of(struct json_object *o)
{
    int64_t value = json_object_get_int64(o);

    return json_object_is_type(o, json_type_int) && value >= 0 &&
                   value <= INT_MAX
               ? (int)value
               : -1;
}

/* A file of the trace directory, not of another. */
static bool is_trace_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-";

    return name[0] != '.' && strlen(name) <= LONGEST_FILE &&
           name[strspn(name, letters)] == '\0' &&
           (has_suffix(name, ".rep") || has_suffix(name, ".rep.gz") ||
            has_suffix(name, ".rep.zst") || has_suffix(name, ".repb"));
}

static bool is_function_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

    return !isdigit((unsigned char)name[0]) &&
           name[strspn(name, letters)] == '\0';
}

/* ---- Members. ---- */

static void read_name(struct assignment *a, const char *path,
                      struct json_object *o)
{
    const char *name = text_of(o, LONGEST_NAME);

    if (!name)
        fatal(path, json_line(o), "\"name\" has to be a text of 1 to %d bytes",
              LONGEST_NAME);
    snprintf(a->name, sizeof a->name, "%s", name);
}

static void check_lab(const char *path, struct json_object *o)
{
    const char *lab = text_of(o, LONGEST_WORD);

    if (!lab)
        fatal(path, json_line(o),
              "\"lab\" has to be \"csapp\", \"cmu\" or \"house\"");
    if (!is_one_of(lab, lab_names))
        fatal(path, json_line(o),
              "\"lab\" cannot be \"%s\"; the nearest is \"%s\"", lab,
              nearest_name(lab, lab_names));
}

static void read_alignment(struct assignment *a, const char *path,
                           struct json_object *o)
{
    int align = integer_of(o);

    if (align != 8 && align != 16)
        fatal(path, json_line(o), "\"alignment\" has to be 8 or 16");
    a->align = (unsigned)align;
}

static void add_trace(struct assignment *a, const char *path, const char *name,
                      struct json_object *weight)
{
    int number = integer_of(weight);

    if (!is_trace_name(name))
        fatal(path, json_line(weight),
              "\"traces\": \"%s\" is no name of a trace file", name);
    if (number < WEIGHT_NONE || number > WEIGHT_SPEED)
        fatal(path, json_line(weight),
              "\"traces\": the weight of \"%s\" has to be 0, 1, 2 or 3", name);
    a->traces[a->trace_count++] =
        (struct assigned_trace){check_alloc(strdup(name)),
                                (enum trace_weight)number, json_line(weight)};
}

static void read_traces(struct assignment *a, const char *path,
                        struct json_object *o)
{
    int count = json_object_is_type(o, json_type_object)
                    ? json_object_object_length(o)
                    : 0;

    if (count < 1 || count > MOST_TRACES)
        fatal(path, json_line(o),
              "\"traces\" has to be an object with the weights of 1 to %d "
              "traces",
              MOST_TRACES);
    a->traces = check_alloc(calloc((size_t)count, sizeof *a->traces));
    json_object_object_foreach (o, name, weight)
        add_trace(a, path, name, weight);
}

static void read_points(struct assignment *a, const char *path,
                        struct json_object *o)
{
    const char *name = text_of(o, LONGEST_WORD);

    a->points_line = json_line(o);
    a->own_points = json_object_is_type(o, json_type_object);
    if (!a->own_points && !name)
        fatal(path, json_line(o),
              "\"points\" has to be the name of a profile, or a profile");
    if (a->own_points) {
        check_keys(path, o, "\"points\"", point_keys);
        a->points = profile_of(path, "points", o);
    } else {
        snprintf(a->points.name, sizeof a->points.name, "%s", name);
    }
}

static void read_limit(struct assignment *a, const char *path, const char *key,
                       struct json_object *o)
{
    double seconds = json_is_number(o) ? json_object_get_double(o) : 0;
    const char *size = text_of(o, LONGEST_WORD);

    if (strcmp(key, "heap_limit") == 0) {
        if (!size || !size_read(size, &a->heap_limit))
            fatal(path, json_line(o),
                  "\"heap_limit\" has to be " SIZE_RANGE ", as text");
        return;
    }
    if (!(seconds > 0 && seconds <= MOST_SECONDS))
        fatal(path, json_line(o),
              "\"%s\" has to be a number of seconds above 0 and up to 1000000",
              key);
    *(strcmp(key, "budget") == 0 ? &a->budget : &a->time_limit) = seconds;
}

static void read_limits(struct assignment *a, const char *path,
                        struct json_object *o)
{
    if (!json_object_is_type(o, json_type_object))
        fatal(path, json_line(o), "\"limits\" has to be an object");
    check_keys(path, o, "\"limits\"", limit_keys);
    json_object_object_foreach (o, key, value)
        read_limit(a, path, key, value);
}

static void read_seed(struct assignment *a, const char *path,
                      struct json_object *o)
{
    const char *seed = text_of(o, LONGEST_SEED);

    for (const char *c = seed; c && *c; c++)
        if (!isascii((unsigned char)*c))
            seed = NULL;
    if (!seed)
        fatal(path, json_line(o),
              "\"seed\" has to be a text of 1 to %d printable ASCII characters",
              LONGEST_SEED);
    snprintf(a->seed, sizeof a->seed, "%s", seed);
}

static void read_counted(struct assignment *a, const char *path,
                         struct json_object *o)
{
    const char *name = text_of(o, LONGEST_WORD);

    for (int i = 0; set_names[i]; i++)
        if (name && strcmp(name, set_names[i]) == 0) {
            a->counted = (enum trace_set)i;
            return;
        }
    fatal(path, json_line(o),
          "\"counts\" has to be \"public\", \"secret\" or \"both\"");
}

/* Handouts have no seed, for students are not to know it. */
static void read_secret(struct assignment *a, const char *path,
                        struct json_object *o)
{
    if (!json_object_is_type(o, json_type_object))
        fatal(path, json_line(o), "\"secret\" has to be an object");
    check_keys(path, o, "\"secret\"", secret_keys);
    json_object_object_foreach (o, key, value) {
        if (strcmp(key, "seed") == 0)
            read_seed(a, path, value);
        else
            read_counted(a, path, value);
    }
}

/* Grading reads them (in Python); here they only have to be right. */
static void check_allowed(const char *path, struct json_object *o)
{
    size_t count = json_object_is_type(o, json_type_array)
                       ? json_object_array_length(o)
                       : MOST_ALLOWED + 1;

    if (count > MOST_ALLOWED)
        fatal(path, json_line(o),
              "\"allowed\" has to be a list of at most %d functions",
              MOST_ALLOWED);
    for (size_t i = 0; i < count; i++) {
        struct json_object *call = json_object_array_get_idx(o, i);
        const char *name = text_of(call, LONGEST_CALL);

        if (!name || !is_function_name(name))
            fatal(path, json_line(call),
                  "\"allowed\": number %zu is no name of a function", i + 1);
    }
}

/* ---- The file. ---- */

static void read_member(struct assignment *a, const char *path, const char *key,
                        struct json_object *o)
{
    if (strcmp(key, "name") == 0)
        read_name(a, path, o);
    else if (strcmp(key, "lab") == 0)
        check_lab(path, o);
    else if (strcmp(key, "alignment") == 0)
        read_alignment(a, path, o);
    else if (strcmp(key, "traces") == 0)
        read_traces(a, path, o);
    else if (strcmp(key, "points") == 0)
        read_points(a, path, o);
    else if (strcmp(key, "limits") == 0)
        read_limits(a, path, o);
    else if (strcmp(key, "secret") == 0)
        read_secret(a, path, o);
    else
        check_allowed(path, o);
}

static struct assignment *read_file(const char *path)
{
    struct json_object *value,
        *root = json_file_read(path, MOST_BY_HAND, "an assignment");
    struct assignment *a = check_alloc(calloc(1, sizeof *a));

    a->path = check_alloc(strdup(path));
    a->heap_limit = MEM_DEFAULT_LIMIT;
    a->time_limit = 20;
    check_keys(path, root, "an assignment", keys);
    for (int i = 0; keys[i]; i++) {
        if (json_object_object_get_ex(root, keys[i], &value))
            read_member(a, path, keys[i], value);
        else if (i < NEEDED)
            fatal(path, json_line(root), "it has no \"%s\"", keys[i]);
    }
    json_object_put(root);
    return a;
}

const struct assignment *assignment_find(const char *file)
{
    char path[PATH_MAX];

    if (file)
        return read_file(file);
    snprintf(path, sizeof path, "%s/assignment.json", build_directory());
    return access(path, F_OK) == 0 ? read_file(path) : NULL;
}

void assignment_delete(const struct assignment *a)
{
    if (!a)
        return;
    for (size_t i = 0; i < a->trace_count; i++)
        free(a->traces[i].name);
    free(a->traces);
    free(a->path);
    free((void *)a);
}

/* ---- Its traces. ---- */

void assignment_check_weights(const struct assignment *a,
                              const struct profile *profile)
{
    bool memory = false, speed = false;

    for (size_t i = 0; i < a->trace_count; i++) {
        memory |= weighs_memory(a->traces[i].weight);
        speed |= weighs_speed(a->traces[i].weight);
    }
    if (!memory && profile->utilization_weight > 0)
        fatal(a->path, a->traces[0].line,
              "\"traces\": no trace counts for utilization: give one the "
              "weight 1 or 2");
    if (!speed && profile->utilization_weight < 1)
        fatal(a->path, a->traces[0].line,
              "\"traces\": no trace counts for throughput: give one the weight "
              "1 or 3");
}

static char *path_of(const struct assignment *a, const struct assigned_trace *t,
                     const char *folder)
{
    char *path;

    if (asprintf(&path, "%s/%s", folder, t->name) < 0)
        check_alloc(NULL);
    if (access(path, F_OK) != 0)
        fatal(a->path, t->line, "\"traces\": there is no %s", path);
    return path;
}

struct trace_list assignment_traces(const struct assignment *a,
                                    const char *directory)
{
    char **paths = check_alloc(calloc(a->trace_count, sizeof *paths));
    const char *folder = directory ? directory : trace_directory();

    for (size_t i = 0; i < a->trace_count; i++)
        paths[i] = path_of(a, &a->traces[i], folder);
    struct trace_list list =
        trace_list_load(paths, a->trace_count, folder, NULL);
    for (size_t i = 0; i < a->trace_count; i++)
        free(paths[i]);
    free(paths);
    assignment_weigh(a, list);
    return list;
}

/* Is it that file of the trace directory, or its twin? */
static bool is_of(const struct trace *t, const char *file)
{
    const char *name = basename(t->path);
    size_t length = strlen(file);

    return strncmp(name, file, length) == 0 &&
           strcmp(name + length, t->set == SET_SECRET ? TWIN_ENDING : "") == 0;
}

void assignment_weigh(const struct assignment *a, struct trace_list traces)
{
    for (size_t i = 0; i < traces.count; i++)
        for (size_t k = 0; k < a->trace_count; k++)
            if (is_of(traces.traces[i], a->traces[k].name))
                traces.traces[i]->weight = a->traces[k].weight;
}
