/*
 * score_test.c - the index and the means of invented results, computed by hand.
 */
#include "../check.h"

#include "measure/score.h"

#include <math.h>

enum { ALLOCATORS = 2, TRACES = 4 };

static struct trace traces[TRACES];
static struct trace *trace_list[TRACES];
static struct result results[ALLOCATORS * TRACES];
static struct bounds bounds[TRACES];
static struct benchmark benchmark = {.allocator_count = ALLOCATORS,
                                     .traces = trace_list,
                                     .results = results,
                                     .bounds = bounds,
                                     .timing = true};

static bool is(double x, double expected)
{
    return fabs(x - expected) < 1e-9 * (1 + fabs(expected));
}

/* ---- Results. ---- */

static struct result *result_of(size_t allocator, size_t trace)
{
    return benchmark_result(&benchmark, allocator, trace);
}

static void set(size_t allocator, size_t trace, double utilization, double ns,
                double ratio)
{
    *result_of(allocator, trace) =
        (struct result){.outcome = {.verdict = VERDICT_OK},
                        .utilization = utilization,
                        .timed = true,
                        .ns_per_op = {.median = ns, .count = 7},
                        .ratio = {.median = ratio, .count = 7}};
}

/* Begin with `count` traces of 1000 operations and equal results. */
static void start(size_t count)
{
    benchmark.trace_count = count;
    for (size_t i = 0; i < count; i++) {
        traces[i] = (struct trace){.weight = WEIGHT_BOTH, .op_count = 1000};
        trace_list[i] = &traces[i];
    }
    for (size_t a = 0; a < ALLOCATORS; a++)
        for (size_t i = 0; i < count; i++)
            set(a, i, 0.8, 20, 0.5);
}

static void fail(size_t trace, enum verdict verdict)
{
    result_of(0, trace)->outcome.verdict = verdict;
}

/* ---- Profiles. ---- */

static struct profile profile(const char *name)
{
    return profile_read("driver/measure/profiles.json", name, NULL, 0);
}

static struct score score_by(const char *name)
{
    struct profile p = profile(name);

    return score_of(&benchmark, 0, &p);
}

static struct score score_with(enum average average)
{
    struct profile p = profile("classic");

    p.average = average;
    return score_of(&benchmark, 0, &p);
}

static bool points(struct score s, double memory, double speed)
{
    return is(s.memory_points, memory) && is(s.speed_points, speed) &&
           is(s.total, memory + speed);
}

static void classic_profile(void)
{
    struct profile p = profile("classic");

    CHECK(strcmp(p.name, "classic") == 0);
    CHECK(p.utilization_weight == 0.6);
    CHECK(p.utilization_low == 0 && p.utilization_high == 1);
    CHECK(p.throughput_low == 0 && p.throughput_high == 1);
    CHECK(!p.absolute);
}

static void cmu_profile(void)
{
    struct profile p = profile("cmu");

    CHECK(p.utilization_weight == 0.6);
    CHECK(p.utilization_low == 0.25 && p.utilization_high == 0.74);
    CHECK(p.throughput_low == 0.30 && p.throughput_high == 0.90);
    CHECK(!p.absolute);
}

static void other_profiles(void)
{
    struct profile p = profile("absolute");

    CHECK(p.absolute && p.throughput_high == 10e6);
    CHECK(profile("geometric").average == AVERAGE_GEOMETRIC);
}

/* ---- One trace. ---- */

static void classic_index(void)
{
    start(1);
    CHECK(points(score_by("classic"), 60 * 0.8, 40 * 0.5));
}

static void throughput_points_stop_at_libc(void)
{
    start(1);
    set(0, 0, 1.0, 1, 30);
    CHECK(points(score_by("classic"), 60, 40));
}

/* A utilization above the threshold gives no more than the maximum. */
static void points_stop_at_the_maximum(void)
{
    start(1);
    set(0, 0, 1018.0, 1, 30);
    CHECK(is(score_by("classic").total, 100));
}

static void cmu_index(void)
{
    static const struct {
        double utilization, ratio, memory, speed;
    } rows[] = {
        {0.25, 0.30, 0, 0},   {0.10, 0.10, 0, 0},    {0.74, 0.90, 60, 40},
        {0.99, 5.00, 60, 40}, {0.495, 0.60, 30, 20}, {0.74, 0.30, 60, 0},
    };

    start(1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        set(0, 0, rows[i].utilization, 10, rows[i].ratio);
        CHECK(points(score_by("cmu"), rows[i].memory, rows[i].speed));
    }
}

static void absolute_index(void)
{
    start(1);
    set(0, 0, 0.5, 200, 0.01); /* 5 million operations per second */
    CHECK(points(score_by("absolute"), 30, 20));
}

static void weight_of_utilization(void)
{
    struct profile p = profile("classic");

    start(1);
    p.utilization_weight = 1;
    CHECK(points(score_of(&benchmark, 0, &p), 80, 0));
    p.utilization_weight = 0;
    CHECK(points(score_of(&benchmark, 0, &p), 0, 50));
}

/* ---- Several traces. ---- */

static void mean_utilization(void)
{
    start(3);
    set(0, 0, 0.9, 20, 1);
    set(0, 1, 0.6, 20, 1);
    set(0, 2, 0.3, 20, 1);
    struct score s = score_by("classic");
    CHECK(is(s.utilization, 0.6));
    CHECK(points(s, 36, 40));
}

static void averages(void)
{
    start(2);
    set(0, 0, 0.5, 10, 0.8); /* libc took 8 and 12 ns/op */
    set(0, 1, 0.5, 30, 0.4);
    CHECK(is(score_with(AVERAGE_POOLED).speed_points, 40 * 20.0 / 40));
    CHECK(is(score_with(AVERAGE_HARMONIC).speed_points,
             40 * 2 / (1 / 0.8 + 1 / 0.4)));
    CHECK(is(score_with(AVERAGE_GEOMETRIC).speed_points, 40 * sqrt(0.8 * 0.4)));
}

/* Only in the pooled average a long trace counts for more. */
static void pooled_by_operations(void)
{
    start(2);
    set(0, 0, 0.5, 10, 0.8);
    set(0, 1, 0.5, 30, 0.4);
    traces[0].op_count = 9000;
    CHECK(is(score_with(AVERAGE_POOLED).speed_points, 40 * 84.0 / 120));
    CHECK(is(score_with(AVERAGE_HARMONIC).speed_points,
             40 * 2 / (1 / 0.8 + 1 / 0.4)));
}

static void sums_and_means_of_traces(void)
{
    start(2);
    set(0, 0, 0.5, 10, 0.5);
    set(0, 1, 0.5, 40, 2);
    traces[1].op_count = 3000;
    struct score s = score_by("classic");
    CHECK(s.traces == 2 && s.ok == 2);
    CHECK(is(s.ops, 4000));
    CHECK(is(s.seconds * 1e9, 130000));
    CHECK(is(s.ops_per_second, 4000 / 130e-6));
    CHECK(is(s.ns_per_op, 20) && is(s.ratio, 1));
}

static void each_allocator_has_its_own_score(void)
{
    struct profile p = profile("classic");

    start(2);
    set(1, 0, 0.4, 20, 0.25);
    set(1, 1, 0.4, 20, 0.25);
    CHECK(points(score_of(&benchmark, 0, &p), 48, 20));
    CHECK(points(score_of(&benchmark, 1, &p), 24, 10));
}

/* ---- Traces that are not ok. ---- */

static void failing_traces_count_0(void)
{
    static const enum average all[] = {AVERAGE_POOLED, AVERAGE_HARMONIC,
                                       AVERAGE_GEOMETRIC};

    start(4);
    fail(1, VERDICT_OVERLAP);
    for (size_t i = 0; i < 3; i++) {
        struct score s = score_with(all[i]);

        CHECK(s.traces == 4 && s.ok == 3);
        CHECK(is(s.utilization, 0.6));
        CHECK(points(s, 36, 15));
    }
}

/* Its measures do not count, however good they are. */
static void failing_traces_give_no_points(void)
{
    start(2);
    set(0, 0, 1, 1e-3, 1e6);
    fail(0, VERDICT_DATA_LOST);
    CHECK(points(score_by("classic"), 24, 10));
}

static void every_verdict_fails(void)
{
    start(2);
    for (int v = VERDICT_OK + 1; v < VERDICTS; v++) {
        fail(0, (enum verdict)v);
        CHECK(points(score_by("classic"), 24, 10));
    }
}

static void all_fail(void)
{
    start(3);
    for (size_t i = 0; i < 3; i++)
        fail(i, VERDICT_CRASHED);
    struct score s = score_by("classic");
    CHECK(s.ok == 0 && s.traces == 3);
    CHECK(points(s, 0, 0));
    CHECK(s.ops_per_second == 0 && s.ns_per_op == 0 && s.ratio == 0);
    CHECK(points(score_by("cmu"), 0, 0));
    CHECK(points(score_by("geometric"), 0, 0));
    CHECK(points(score_by("absolute"), 0, 0));
}

static void untimed_traces_have_no_speed(void)
{
    start(2);
    result_of(0, 1)->timed = false;
    CHECK(points(score_by("classic"), 48, 10));
    result_of(0, 0)->timed = false;
    CHECK(points(score_by("classic"), 48, 0));
}

/* ---- The weights of traces. ---- */

static void traces_of_weight_0(void)
{
    start(2);
    set(0, 1, 0.1, 1000, 0.001);
    traces[1].weight = WEIGHT_NONE;
    CHECK(points(score_by("classic"), 48, 20));
    fail(1, VERDICT_HUNG);
    CHECK(points(score_by("classic"), 48, 20));
    CHECK(score_by("classic").ok == 1);
}

static void traces_for_memory_only(void)
{
    start(2);
    set(0, 1, 0.4, 1000, 0.001);
    traces[1].weight = WEIGHT_MEMORY;
    CHECK(points(score_by("classic"), 36, 20));
    fail(1, VERDICT_HUNG);
    CHECK(points(score_by("classic"), 24, 20));
}

static void traces_for_speed_only(void)
{
    start(2);
    set(0, 1, 0.1, 20, 1);
    traces[1].weight = WEIGHT_SPEED;
    CHECK(points(score_by("classic"), 48, 30));
    fail(1, VERDICT_HUNG);
    CHECK(points(score_by("classic"), 48, 10));
}

static void no_trace_counts(void)
{
    start(1);
    traces[0].weight = WEIGHT_NONE;
    CHECK(points(score_by("classic"), 0, 0));
}

/* ---- Means, by which allocators are compared. ---- */

static bool means_are(size_t allocator, size_t count, double utilization,
                      double ns, double ratio)
{
    struct means m = means_of(&benchmark, allocator);

    return m.traces == count && is(m.utilization, utilization) &&
           is(m.ns_per_op, ns) && is(m.ratio, ratio);
}

static void means_of_all(void)
{
    start(2);
    set(0, 0, 0.9, 10, 2);
    set(0, 1, 0.5, 40, 8);
    CHECK(means_are(0, 2, 0.7, 20, 4));
    CHECK(means_are(1, 2, 0.8, 20, 0.5));
}

/* A trace that one allocator did not finish is excluded for all. */
static void means_of_shared_traces(void)
{
    start(3);
    set(1, 0, 0.9, 10, 2);
    set(1, 1, 0.5, 40, 8);
    fail(2, VERDICT_TOO_SLOW);
    CHECK(trace_is_shared(&benchmark, 0) && !trace_is_shared(&benchmark, 2));
    CHECK(means_are(0, 2, 0.8, 20, 0.5));
    CHECK(means_are(1, 2, 0.7, 20, 4));
}

/* A trace that one allocator failed is excluded for that one only. */
static void means_of_ok_traces(void)
{
    start(3);
    set(1, 0, 0.2, 40, 0.25);
    set(0, 1, 1, 1e-3, 1e6);
    fail(1, VERDICT_OVERLAP);
    CHECK(trace_is_shared(&benchmark, 1));
    CHECK(means_are(0, 2, 0.8, 20, 0.5));
    CHECK(means_are(1, 3, 0.6, cbrt(40 * 20 * 20), cbrt(0.25 * 0.5 * 0.5)));
}

static void means_of_no_traces(void)
{
    start(2);
    fail(0, VERDICT_TOO_SLOW);
    fail(1, VERDICT_CRASHED);
    CHECK(means_are(0, 0, 0, 0, 0));
    CHECK(means_are(1, 1, 0.8, 20, 0.5));
}

static void means_by_weight(void)
{
    start(3);
    set(0, 1, 0.4, 1000, 0.001);
    traces[1].weight = WEIGHT_MEMORY;
    set(0, 2, 0.1, 20, 0.5);
    traces[2].weight = WEIGHT_SPEED;
    CHECK(means_are(0, 3, 0.6, 20, 0.5));
}

/* ---- Means of the bounds. ---- */

static void mean_of_bounds(void)
{
    start(4);
    for (size_t i = 0; i < 3; i++)
        bounds[i] =
            (struct bounds){.known = true, .best_fit = 0.5 + 0.2 * (double)i};
    CHECK(is(mean_best_fit(&benchmark, false), 0.7));
    fail(0, VERDICT_TOO_SLOW);
    CHECK(is(mean_best_fit(&benchmark, false), 0.7));
    CHECK(is(mean_best_fit(&benchmark, true), 0.8));
    fail(1, VERDICT_OVERLAP);
    CHECK(is(mean_best_fit(&benchmark, true), 0.8));
    traces[1].weight = WEIGHT_SPEED;
    CHECK(is(mean_best_fit(&benchmark, true), 0.9));
}

static void mean_of_no_bounds(void)
{
    start(2);
    CHECK(mean_best_fit(&benchmark, false) == 0);
    bounds[0] = (struct bounds){.known = true, .best_fit = 0.5};
    traces[0].weight = WEIGHT_NONE;
    CHECK(mean_best_fit(&benchmark, false) == 0);
}

static void mean_of_packings(void)
{
    start(3);
    bounds[0] = (struct bounds){.known = true, .best_fit = 0.1};
    bounds[1] = (struct bounds){true, 0.2, true, 0.6, 0, 0};
    bounds[2] = (struct bounds){true, 0.3, true, 0.8, 0, 0};
    CHECK(is(mean_packing(&benchmark, false), 0.7));
    CHECK(is(mean_best_fit(&benchmark, false), 0.2));
    fail(1, VERDICT_TOO_SLOW);
    CHECK(is(mean_packing(&benchmark, true), 0.8));
    traces[2].weight = WEIGHT_SPEED;
    CHECK(mean_packing(&benchmark, true) == 0);
}

/* ---- Instructions, and intervals. ---- */

static void set_count(size_t allocator, size_t trace, uint64_t instructions,
                      double ratio)
{
    *result_of(allocator, trace) =
        (struct result){.outcome = {.verdict = VERDICT_OK},
                        .utilization = 0.5,
                        .counted = true,
                        .instructions = instructions,
                        .count_ratio = ratio};
}

static struct score score_of_counts(const char *name, enum average average)
{
    struct profile p = profile(name);

    p.average = average;
    p.throughput_high = 40;
    p.throughput_low = 0;
    p.measure = MEASURE_INSTRUCTIONS;
    benchmark.timing = false;
    benchmark.counting = true;
    struct score s = score_of(&benchmark, 0, &p);
    benchmark.timing = true;
    benchmark.counting = false;
    return s;
}

static void counted_throughput(void)
{
    start(2);
    set_count(0, 0, 100000, 0);
    set_count(0, 1, 400000, 0);
    struct score s = score_of_counts("instructions", AVERAGE_GEOMETRIC);
    CHECK(s.known && is(s.instructions_per_op, 200) && is(s.throughput, 5));
    CHECK(points(s, 60 * (0.5 - 0.2) / 0.75, 40.0 * 5 / 40));
    CHECK(is(score_of_counts("instructions", AVERAGE_POOLED).throughput, 4));
    CHECK(is(score_of_counts("instructions", AVERAGE_HARMONIC).throughput, 4));
    CHECK(is(s.ops_per_1000, 4) && s.ns_per_op == 0);
}

static void counted_ratio(void)
{
    start(2);
    set_count(0, 0, 100000, 1);
    set_count(0, 1, 400000, 4);
    CHECK(is(score_of_counts("classic", AVERAGE_GEOMETRIC).throughput, 2));
    CHECK(is(score_of_counts("classic", AVERAGE_POOLED).throughput, 3.4));
    CHECK(is(score_of_counts("classic", AVERAGE_HARMONIC).throughput, 1.6));
}

/* Libc has counts of none: no throughput, and no points. */
static void counted_without_libc(void)
{
    start(1);
    set_count(0, 0, 100000, 0);
    CHECK(points(score_of_counts("classic", AVERAGE_POOLED), 30, 0));
}

static void measures_do_not_mix(void)
{
    start(1);
    struct score s = score_by("instructions");
    CHECK(!s.known && s.stable && s.speed_points == 0);
}

static void wide_intervals_are_unstable(void)
{
    struct profile p = profile("ratio");

    start(2);
    for (size_t i = 0; i < 2; i++) {
        result_of(0, i)->ratio.p25 = 0.48;
        result_of(0, i)->ratio.p75 = 0.52;
    }
    struct score s = score_of(&benchmark, 0, &p);
    CHECK(p.widest == 0.1 && s.stable && s.known);
    CHECK(is(s.throughput_low, 0.48) && is(s.throughput_high, 0.52));
    result_of(0, 0)->ratio.p75 = result_of(0, 1)->ratio.p75 = 0.54;
    s = score_of(&benchmark, 0, &p);
    CHECK(!s.stable && !s.known);
    p.widest = 0;
    CHECK(score_of(&benchmark, 0, &p).known);
}

/* ---- Public and secret traces. ---- */

/* Traces 0 and 1 are public, 2 and 3 are their twins. */
static void start_with_twins(void)
{
    start(4);
    benchmark.two_sets = true;
    for (size_t i = 0; i < 4; i++) {
        traces[i].set = i < 2 ? SET_PUBLIC : SET_SECRET;
        set(0, i, i < 2 ? 0.9 : 0.5, 20, i < 2 ? 1 : 0.5);
    }
}

static void each_set_has_a_score(void)
{
    start_with_twins();
    struct profile p = profile("classic");
    struct score public = score_of_set(&benchmark, 0, &p, SET_PUBLIC);
    struct score secret = score_of_set(&benchmark, 0, &p, SET_SECRET);

    CHECK(public.traces == 2 && public.ok == 2 && points(public, 54, 40));
    CHECK(secret.traces == 2 && points(secret, 30, 20));
}

static void the_set_that_counts(void)
{
    static const double mean[] = {
        [SET_BOTH] = 0.7, [SET_PUBLIC] = 0.9, [SET_SECRET] = 0.5};

    for (enum trace_set counted = SET_BOTH; counted <= SET_SECRET; counted++) {
        start_with_twins();
        struct profile p = profile("classic");

        benchmark.counted = counted;
        CHECK(is(score_of(&benchmark, 0, &p).utilization, mean[counted]));
        CHECK(is(means_of(&benchmark, 0).utilization, mean[counted]));
    }
}

/* Where there is one set only, that counts, whatever is asked for. */
static void one_set_counts(void)
{
    start_with_twins();
    struct profile p = profile("classic");

    benchmark.two_sets = false;
    benchmark.counted = SET_PUBLIC;
    CHECK(is(score_of(&benchmark, 0, &p).utilization, 0.7));
    CHECK(is(means_of(&benchmark, 0).utilization, 0.7));
}

static const struct test tests[] = {
    {"each-set-has-a-score", each_set_has_a_score},
    {"the-set-that-counts", the_set_that_counts},
    {"one-set-counts", one_set_counts},
    {"classic-profile", classic_profile},
    {"cmu-profile", cmu_profile},
    {"other-profiles", other_profiles},
    {"classic-index", classic_index},
    {"throughput-points-stop-at-libc", throughput_points_stop_at_libc},
    {"points-stop-at-the-maximum", points_stop_at_the_maximum},
    {"cmu-index", cmu_index},
    {"absolute-index", absolute_index},
    {"weight-of-utilization", weight_of_utilization},
    {"mean-utilization", mean_utilization},
    {"averages", averages},
    {"pooled-by-operations", pooled_by_operations},
    {"sums-and-means-of-traces", sums_and_means_of_traces},
    {"each-allocator-has-its-own-score", each_allocator_has_its_own_score},
    {"failing-traces-count-0", failing_traces_count_0},
    {"failing-traces-give-no-points", failing_traces_give_no_points},
    {"every-verdict-fails", every_verdict_fails},
    {"all-fail", all_fail},
    {"untimed-traces-have-no-speed", untimed_traces_have_no_speed},
    {"traces-of-weight-0", traces_of_weight_0},
    {"traces-for-memory-only", traces_for_memory_only},
    {"traces-for-speed-only", traces_for_speed_only},
    {"no-trace-counts", no_trace_counts},
    {"means-of-all", means_of_all},
    {"means-of-shared-traces", means_of_shared_traces},
    {"means-of-ok-traces", means_of_ok_traces},
    {"means-of-no-traces", means_of_no_traces},
    {"means-by-weight", means_by_weight},
    {"mean-of-bounds", mean_of_bounds},
    {"mean-of-no-bounds", mean_of_no_bounds},
    {"mean-of-packings", mean_of_packings},
    {"counted-throughput", counted_throughput},
    {"counted-ratio", counted_ratio},
    {"counted-without-libc", counted_without_libc},
    {"measures-do-not-mix", measures_do_not_mix},
    {"wide-intervals-are-unstable", wide_intervals_are_unstable},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
