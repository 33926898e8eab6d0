/*
 * score.c - read a profile, add up traces, compute means and points.
 */
#include "score.h"

#include "base/fatal.h"
#include "json_file.h"

#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Reading a profile. ---- */

static struct json_object *member(const char *path, const char *profile,
                                  struct json_object *o, const char *key,
                                  enum json_type type)
{
    struct json_object *value;

    if (!json_object_object_get_ex(o, key, &value) ||
        (!json_object_is_type(value, type) &&
         !(type == json_type_double &&
           json_object_is_type(value, json_type_int))))
        fatal(path, 0, "profile '%s' needs \"%s\", %s", profile, key,
              type == json_type_double   ? "a number"
              : type == json_type_string ? "a string"
                                         : "two numbers, low and high");
    return value;
}

static bool is_number(struct json_object *array, size_t i)
{
    struct json_object *value = json_object_array_get_idx(array, i);

    return json_object_is_type(value, json_type_int) ||
           json_object_is_type(value, json_type_double);
}

static void read_range(const char *path, const char *profile,
                       struct json_object *o, const char *key, double *low,
                       double *high)
{
    struct json_object *pair = member(path, profile, o, key, json_type_array);

    if (json_object_array_length(pair) != 2 || !is_number(pair, 0) ||
        !is_number(pair, 1))
        fatal(path, 0,
              "profile '%s' needs \"%s\", two numbers, low and "
              "high",
              profile, key);
    *low = json_object_get_double(json_object_array_get_idx(pair, 0));
    *high = json_object_get_double(json_object_array_get_idx(pair, 1));
    if (!(*low < *high))
        fatal(path, 0, "profile '%s': \"%s\" has to rise from low to high",
              profile, key);
    if (!(*low >= 0 && *high <= PROFILE_MOST))
        fatal(path, 0, "profile '%s': \"%s\" has to be within 0 and %g",
              profile, key, PROFILE_MOST);
}

static int choice(const char *path, const char *profile, struct json_object *o,
                  const char *key, const char *const *words)
{
    const char *word =
        json_object_get_string(member(path, profile, o, key, json_type_string));

    for (int i = 0; words[i]; i++)
        if (strcmp(word, words[i]) == 0)
            return i;
    fatal(path, 0, "profile '%s': \"%s\" cannot be \"%s\"", profile, key, word);
}

static _Noreturn void fatal_profile(const char *path, const char *name,
                                    struct json_object *root)
{
    char list[512] = "";

    json_object_object_foreach (root, key, value) {
        (void)value;
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s",
                 list[0] ? ", " : "", key);
    }
    fatal(path, 0, "no profile '%s'; there are %s", name, list);
}

struct profile profile_of(const char *path, const char *name,
                          struct json_object *o)
{
    static const char *const references[] = {"libc", "absolute", NULL};
    static const char *const averages[] = {"pooled", "harmonic", "geometric",
                                           NULL};
    struct profile p = {.name = ""};

    snprintf(p.name, sizeof p.name, "%s", name);
    p.utilization_weight = json_object_get_double(
        member(path, name, o, "utilization_weight", json_type_double));
    if (!(p.utilization_weight >= 0 && p.utilization_weight <= 1))
        fatal(path, 0,
              "profile '%s': \"utilization_weight\" has to be "
              "within 0 and 1",
              name);
    read_range(path, name, o, "utilization", &p.utilization_low,
               &p.utilization_high);
    read_range(path, name, o, "throughput", &p.throughput_low,
               &p.throughput_high);
    p.absolute = choice(path, name, o, "reference", references) == 1;
    p.average = (enum average)choice(path, name, o, "average", averages);
    return p;
}

struct profile profile_read(const char *path, const char *name)
{
    struct json_object *root = json_file_read(path, "a member a profile"), *o;

    if (!json_object_object_get_ex(root, name, &o))
        fatal_profile(path, name, root);
    if (!json_object_is_type(o, json_type_object))
        fatal(path, 0, "profile '%s' has to be an object", name);
    struct profile p = profile_of(path, name, o);
    json_object_put(root);
    return p;
}

/* ---- Sums over traces. ---- */

struct sums {
    size_t memory, speed; /* traces that count for each */
    size_t speed_ok;      /* traces in speed that are ok and timed */
    double utilization;
    double ops, seconds, libc_seconds;
    double inverse_ratio, log_ratio, log_ns;
};

bool trace_counts_for_memory(const struct trace *t)
{
    return t->weight == WEIGHT_BOTH || t->weight == WEIGHT_MEMORY;
}

static bool counts_for_speed(const struct trace *t)
{
    return t->weight == WEIGHT_BOTH || t->weight == WEIGHT_SPEED;
}

static void add_speed(struct sums *s, const struct trace *t,
                      const struct result *r)
{
    double ops = (double)t->op_count;

    s->speed++;
    if (r->outcome.verdict != VERDICT_OK || !r->timed || !(r->ratio.median > 0))
        return;
    s->speed_ok++;
    s->ops += ops;
    s->seconds += ops * r->ns_per_op.median * 1e-9;
    s->libc_seconds += ops * r->ns_per_op.median * r->ratio.median * 1e-9;
    s->inverse_ratio += 1 / r->ratio.median;
    s->log_ratio += log(r->ratio.median);
    s->log_ns += log(r->ns_per_op.median);
}

static void add_trace(struct sums *s, const struct trace *t,
                      const struct result *r)
{
    if (trace_counts_for_memory(t)) {
        s->memory++;
        if (r->outcome.verdict == VERDICT_OK)
            s->utilization += r->utilization;
    }
    if (counts_for_speed(t))
        add_speed(s, t, r);
}

/* ---- Means. ---- */

bool set_counts(const struct benchmark *c, enum trace_set set)
{
    return !c->two_sets || c->counted == SET_BOTH || c->counted == set;
}

bool trace_is_shared(const struct benchmark *c, size_t trace)
{
    for (size_t a = 0; a < c->allocator_count; a++)
        if (benchmark_result(c, a, trace)->outcome.verdict == VERDICT_TOO_SLOW)
            return false;
    return true;
}

struct means means_of(const struct benchmark *c, size_t allocator)
{
    struct means m = {0};
    struct sums s = {0};

    for (size_t i = 0; i < c->trace_count; i++) {
        const struct result *r = benchmark_result(c, allocator, i);

        if (r->outcome.verdict != VERDICT_OK || !trace_is_shared(c, i) ||
            !set_counts(c, c->traces[i]->set))
            continue;
        add_trace(&s, c->traces[i], r);
        m.traces++;
    }
    if (s.memory > 0)
        m.utilization = s.utilization / (double)s.memory;
    if (s.speed_ok > 0) {
        m.ns_per_op = exp(s.log_ns / (double)s.speed_ok);
        m.ratio = exp(s.log_ratio / (double)s.speed_ok);
    }
    return m;
}

/* The mean of the packing if packing, else of best fit. */
static double mean_bound(const struct benchmark *c, bool shared_only,
                         bool packing)
{
    double sum = 0, count = 0;

    for (size_t i = 0; i < c->trace_count; i++) {
        const struct bounds *b = &c->bounds[i];

        if (!(packing ? b->packed : b->known) ||
            !trace_counts_for_memory(c->traces[i]) ||
            !set_counts(c, c->traces[i]->set) ||
            (shared_only && !trace_is_shared(c, i)))
            continue;
        sum += packing ? b->packing : b->best_fit;
        count++;
    }
    return count > 0 ? sum / count : 0;
}

double mean_best_fit(const struct benchmark *c, bool shared_only)
{
    return mean_bound(c, shared_only, false);
}

double mean_packing(const struct benchmark *c, bool shared_only)
{
    return mean_bound(c, shared_only, true);
}

/* ---- Points. ---- */

static double ratio_of(const struct sums *s, enum average average)
{
    double n = (double)s->speed_ok;

    switch (average) {
    case AVERAGE_POOLED:
        return s->libc_seconds / s->seconds;
    case AVERAGE_HARMONIC:
        return n / s->inverse_ratio;
    default:
        return exp(s->log_ratio / n);
    }
}

static double linear(double x, double low, double high)
{
    double y = (x - low) / (high - low);

    return y < 0 ? 0 : y > 1 ? 1 : y;
}

/* The points are multiplied by the share of traces that are ok. */
static double speed_points(const struct sums *s, const struct profile *p)
{
    if (s->speed_ok == 0)
        return 0;
    double x = p->absolute ? s->ops / s->seconds : ratio_of(s, p->average);
    return linear(x, p->throughput_low, p->throughput_high) *
           (double)s->speed_ok / (double)s->speed;
}

struct score score_of(const struct benchmark *c, size_t allocator,
                      const struct profile *p)
{
    return score_of_set(c, allocator, p, c->two_sets ? c->counted : SET_BOTH);
}

struct score score_of_set(const struct benchmark *c, size_t allocator,
                          const struct profile *p, enum trace_set set)
{
    struct sums s = {0};
    struct score score = {.traces = 0};

    for (size_t i = 0; i < c->trace_count; i++) {
        const struct result *r = benchmark_result(c, allocator, i);

        if (set != SET_BOTH && c->traces[i]->set != set)
            continue;
        score.traces++;
        score.ok += r->outcome.verdict == VERDICT_OK;
        add_trace(&s, c->traces[i], r);
    }
    if (s.memory > 0)
        score.utilization = s.utilization / (double)s.memory;
    if (s.speed_ok > 0) {
        score.ops = s.ops;
        score.seconds = s.seconds;
        score.ops_per_second = s.ops / s.seconds;
        score.ns_per_op = exp(s.log_ns / (double)s.speed_ok);
        score.ratio = exp(s.log_ratio / (double)s.speed_ok);
    }
    score.memory_points =
        100 * p->utilization_weight *
        linear(score.utilization, p->utilization_low, p->utilization_high);
    score.speed_points =
        100 * (1 - p->utilization_weight) * speed_points(&s, p);
    score.total = score.memory_points + score.speed_points;
    return score;
}
