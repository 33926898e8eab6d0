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

/* An operation costs at least so many: a mean of logarithms needs one. */
static const double LEAST_INSTRUCTIONS = 0.01;

/* ---- Reading a profile. ---- */

static struct json_object *member(const char *path, const char *profile,
                                  struct json_object *o, const char *key,
                                  enum json_type type)
{
    struct json_object *value = NULL;

    if (!json_object_object_get_ex(o, key, &value) ||
        (!json_object_is_type(value, type) &&
         !(type == json_type_double &&
           json_object_is_type(value, json_type_int))))
        fatal(path, json_line(value ? value : o),
              "profile '%s' needs \"%s\", %s", profile, key,
              type == json_type_double   ? "a number"
              : type == json_type_string ? "a string"
                                         : "two numbers, low and high");
    return value;
}

static void read_range(const char *path, const char *profile,
                       struct json_object *o, const char *key, double *low,
                       double *high)
{
    struct json_object *pair = member(path, profile, o, key, json_type_array);

    if (json_object_array_length(pair) != 2 ||
        !json_is_number(json_object_array_get_idx(pair, 0)) ||
        !json_is_number(json_object_array_get_idx(pair, 1)))
        fatal(path, json_line(pair),
              "profile '%s' needs \"%s\", two numbers, low and "
              "high",
              profile, key);
    *low = json_object_get_double(json_object_array_get_idx(pair, 0));
    *high = json_object_get_double(json_object_array_get_idx(pair, 1));
    if (!(*low < *high))
        fatal(path, json_line(pair),
              "profile '%s': \"%s\" has to rise from low to high", profile,
              key);
    if (!(*low >= 0 && *high <= PROFILE_MOST))
        fatal(path, json_line(pair),
              "profile '%s': \"%s\" has to be within 0 and %g", profile, key,
              PROFILE_MOST);
}

/* A number of 0 to 1 that may be missing, and is 0 then. */
static double read_widest(const char *path, const char *profile,
                          struct json_object *o)
{
    if (!json_object_object_get_ex(o, "widest", NULL))
        return 0;
    struct json_object *value =
        member(path, profile, o, "widest", json_type_double);
    double widest = json_object_get_double(value);
    if (!(widest > 0 && widest <= 1))
        fatal(path, json_line(value),
              "profile '%s': \"widest\" has to be above 0 and up to 1",
              profile);
    return widest;
}

static int choice(const char *path, const char *profile, struct json_object *o,
                  const char *key, const char *const *words)
{
    struct json_object *value = member(path, profile, o, key, json_type_string);
    const char *word = json_object_get_string(value);

    for (int i = 0; words[i]; i++)
        if (strcmp(word, words[i]) == 0)
            return i;
    fatal(path, json_line(value), "profile '%s': \"%s\" cannot be \"%s\"",
          profile, key, word);
}

static _Noreturn void fatal_no_profile(const char *path, unsigned long line,
                                       const char *name,
                                       struct json_object *root)
{
    char list[512] = "";

    json_object_object_foreach (root, key, value) {
        (void)value;
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s",
                 list[0] ? ", " : "", key);
    }
    fatal(path, line, "no profile '%s'; there are %s", name, list);
}

struct profile profile_of(const char *path, const char *name,
                          struct json_object *o)
{
    static const char *const references[] = {"libc", "absolute", NULL};
    static const char *const averages[] = {"pooled", "harmonic", "geometric",
                                           NULL};
    static const char *const measures[] = {"time", "instructions", NULL};
    struct profile p = {.name = ""};

    snprintf(p.name, sizeof p.name, "%s", name);
    struct json_object *weight =
        member(path, name, o, "utilization_weight", json_type_double);
    p.utilization_weight = json_object_get_double(weight);
    if (!(p.utilization_weight >= 0 && p.utilization_weight <= 1))
        fatal(path, json_line(weight),
              "profile '%s': \"utilization_weight\" has to be "
              "within 0 and 1",
              name);
    read_range(path, name, o, "utilization", &p.utilization_low,
               &p.utilization_high);
    read_range(path, name, o, "throughput", &p.throughput_low,
               &p.throughput_high);
    p.absolute = choice(path, name, o, "reference", references) == 1;
    p.average = (enum average)choice(path, name, o, "average", averages);
    if (json_object_object_get_ex(o, "measure", NULL))
        p.measure = (enum measure)choice(path, name, o, "measure", measures);
    p.widest = read_widest(path, name, o);
    return p;
}

struct profile profile_read(const char *path, const char *name,
                            const char *named_in, unsigned long line)
{
    struct json_object *o,
        *root = json_file_read(path, MOST_BY_HAND, "a member a profile");

    if (!json_object_object_get_ex(root, name, &o))
        fatal_no_profile(named_in ? named_in : path, line, name, root);
    if (!json_object_is_type(o, json_type_object))
        fatal(path, json_line(o), "profile '%s' has to be an object", name);
    struct profile p = profile_of(path, name, o);
    json_object_put(root);
    return p;
}

/* ---- Sums over traces. ---- */

/* Ratios to libc, in the three forms that an average is made of. */
struct ratios {
    double libc_cost, inverse, log;
};

enum { MEDIAN, LOW, HIGH, QUANTILES }; /* of the rounds */

/* A trace's cost is in nanoseconds, or in instructions. */
struct sums {
    size_t memory, speed; /* traces that count for each */
    size_t speed_ok;      /* traces in speed that are ok and measured */
    size_t ratio_ok;      /* those of which libc's cost is known */
    size_t counted;       /* traces whose instructions are known */
    double utilization;
    double ops, cost, log_cost, sum_cost; /* the last: of costs per op */
    double log_instructions;
    struct ratios ratios[QUANTILES];
};

/* What an operation costs; 0: it was not measured. */
struct cost {
    double per_op;
    double ratio[QUANTILES]; /* to libc; 0: unknown */
};

bool weighs_memory(enum trace_weight weight)
{
    return weight == WEIGHT_BOTH || weight == WEIGHT_MEMORY;
}

bool weighs_speed(enum trace_weight weight)
{
    return weight == WEIGHT_BOTH || weight == WEIGHT_SPEED;
}

bool trace_counts_for_memory(const struct trace *t)
{
    return weighs_memory(t->weight);
}

static double instructions_of(const struct trace *t, const struct result *r)
{
    return fmax((double)r->instructions / (double)t->op_count,
                LEAST_INSTRUCTIONS);
}

static struct cost cost_of(const struct benchmark *c, const struct trace *t,
                           const struct result *r)
{
    if (c->timing && r->timed)
        return (struct cost){r->ns_per_op.median,
                             {r->ratio.median, r->ratio.p25, r->ratio.p75}};
    if (!c->timing && r->counted)
        return (struct cost){instructions_of(t, r),
                             {r->count_ratio, r->count_ratio, r->count_ratio}};
    return (struct cost){0};
}

static void add_ratio(struct ratios *sum, double cost, double ratio)
{
    sum->libc_cost += cost * ratio;
    sum->inverse += 1 / ratio;
    sum->log += log(ratio);
}

static void add_speed(struct sums *s, const struct benchmark *c,
                      const struct trace *t, const struct result *r)
{
    double ops = (double)t->op_count;
    struct cost cost = cost_of(c, t, r);

    s->speed++;
    if (r->outcome.verdict == VERDICT_OK && r->counted) {
        s->counted++;
        s->log_instructions += log(instructions_of(t, r));
    }
    if (r->outcome.verdict != VERDICT_OK || cost.per_op == 0)
        return;
    s->speed_ok++;
    s->ops += ops;
    s->cost += ops * cost.per_op;
    s->log_cost += log(cost.per_op);
    s->sum_cost += cost.per_op;
    if (cost.ratio[MEDIAN] == 0)
        return;
    s->ratio_ok++;
    for (int i = 0; i < QUANTILES; i++)
        add_ratio(&s->ratios[i], ops * cost.per_op, cost.ratio[i]);
}

static void add_trace(struct sums *s, const struct benchmark *c,
                      const struct trace *t, const struct result *r)
{
    if (trace_counts_for_memory(t)) {
        s->memory++;
        if (r->outcome.verdict == VERDICT_OK)
            s->utilization += r->utilization;
    }
    if (weighs_speed(t->weight))
        add_speed(s, c, t, r);
}

/* ---- Means. ---- */

static double geometric(double log_sum, size_t count)
{
    return exp(log_sum / (double)count);
}

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
        add_trace(&s, c, c->traces[i], r);
        m.traces++;
    }
    if (s.memory > 0)
        m.utilization = s.utilization / (double)s.memory;
    if (s.counted > 0)
        m.instructions_per_op = geometric(s.log_instructions, s.counted);
    if (s.speed_ok > 0 && c->timing)
        m.ns_per_op = geometric(s.log_cost, s.speed_ok);
    if (s.ratio_ok > 0)
        m.ratio = geometric(s.ratios[MEDIAN].log, s.ratio_ok);
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

static double ratio_of(const struct sums *s, enum average average, int quantile)
{
    const struct ratios *r = &s->ratios[quantile];

    switch (average) {
    case AVERAGE_POOLED:
        return r->libc_cost / s->cost;
    case AVERAGE_HARMONIC:
        return (double)s->ratio_ok / r->inverse;
    default:
        return geometric(r->log, s->ratio_ok);
    }
}

static double linear(double x, double low, double high)
{
    double y = (x - low) / (high - low);

    return y < 0 ? 0 : y > 1 ? 1 : y;
}

/* Operations per nanosecond, or per instruction. */
static double rate_of(const struct sums *s, enum average average)
{
    switch (average) {
    case AVERAGE_POOLED:
        return s->ops / s->cost;
    case AVERAGE_HARMONIC:
        return (double)s->speed_ok / s->sum_cost;
    default:
        return 1 / geometric(s->log_cost, s->speed_ok);
    }
}

/* Set the fields that are means of costs. */
static void set_speed(struct score *score, const struct sums *s,
                      bool by_instructions)
{
    if (s->counted > 0)
        score->instructions_per_op = geometric(s->log_instructions, s->counted);
    if (s->speed_ok == 0)
        return;
    score->ops = s->ops;
    if (s->ratio_ok > 0)
        score->ratio = geometric(s->ratios[MEDIAN].log, s->ratio_ok);
    if (by_instructions) {
        score->ops_per_1000 = s->ops / s->cost * 1000;
        return;
    }
    score->seconds = s->cost * 1e-9;
    score->ops_per_second = s->ops / score->seconds;
    score->ns_per_op = geometric(s->log_cost, s->speed_ok);
}

/* The same average of all traces' lower quartiles, and of the upper ones. */
static void set_interval(struct score *score, const struct sums *s,
                         const struct profile *p)
{
    score->throughput_low = ratio_of(s, p->average, LOW);
    score->throughput_high = ratio_of(s, p->average, HIGH);
    score->stable =
        p->widest == 0 || score->throughput_high - score->throughput_low <=
                              p->widest * score->throughput;
}

/* By the profile's measure; throughput is 0 where no trace is ok. */
static void set_throughput(struct score *score, const struct sums *s,
                           const struct profile *p, bool by_instructions)
{
    score->stable = true;
    score->known = by_instructions == (p->measure == MEASURE_INSTRUCTIONS);
    if (!score->known || s->speed_ok == 0)
        return;
    if (p->absolute) {
        score->throughput =
            rate_of(s, p->average) * (by_instructions ? 1e3 : 1e9);
        return;
    }
    if (s->ratio_ok == 0)
        return;
    score->throughput = ratio_of(s, p->average, MEDIAN);
    if (!by_instructions)
        set_interval(score, s, p);
    score->known = score->stable;
}

/* The points are multiplied by the share of traces that are ok. */
static double speed_points(const struct sums *s, const struct profile *p,
                           double throughput)
{
    if (s->speed_ok == 0)
        return 0;
    return linear(throughput, p->throughput_low, p->throughput_high) *
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
        add_trace(&s, c, c->traces[i], r);
    }
    if (s.memory > 0)
        score.utilization = s.utilization / (double)s.memory;
    set_speed(&score, &s, benchmark_by_instructions(c));
    set_throughput(&score, &s, p, benchmark_by_instructions(c));
    score.memory_points =
        100 * p->utilization_weight *
        linear(score.utilization, p->utilization_low, p->utilization_high);
    score.speed_points = 100 * (1 - p->utilization_weight) *
                         speed_points(&s, p, score.throughput);
    score.total = score.memory_points + score.speed_points;
    return score;
}
