/*
 * benchmark.c - one trace at a time: check everybody, then time in rounds.
 *
 * Round after round each allocator replays the trace once, in an order that
 * turns by one place a round. The first round warms up and is dropped. Two
 * further replays of each are thrown in at random, their time void: one is
 * painted (canary.h), in one the kernel counts the worker's time from outside.
 *
 * The competitors on a trace are the allocators asked for, then libc as the
 * reference where it is not among them, then the null allocator.
 */
#define _GNU_SOURCE
#include "benchmark.h"

#include "base/fatal.h"
#include "base/interrupt.h"
#include "base/random.h"
#include "strides.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MIN_ROUNDS = 7, MAX_ROUNDS = 31, FEW_ROUNDS = 3 };

static const double seconds_a_trace = 0.6; /* to be spent on its rounds */
static const double time_budget = 3.0; /* seconds of rounds for a slow one */
static const double long_time_budget =
    10.0; /* for the few that it has anyway */

struct competitor {
    const struct allocator *allocator;
    struct replay *replay;
    struct result *result;
    bool runs;    /* its verdict is ok so far */
    double spent; /* seconds in rounds */
    double *ns;   /* by round, 0 = took no part */
};

struct trace_run {
    struct benchmark *benchmark;
    size_t trace;
    struct competitor *competitor;
    size_t count, libc; /* libc: the index of the reference */
    size_t null;        /* the index of the null allocator */
    int rounds;
    uint64_t random;
    struct placements placements; /* where a replay log wants them */
    const char *step;             /* of the packing, as it was told */
};

/* ---- Who takes part. ---- */

static void add_competitor(struct trace_run *h,
                           const struct allocator *allocator,
                           struct result *result)
{
    struct competitor *c = &h->competitor[h->count++];

    *c = (struct competitor){.allocator = allocator, .result = result};
    c->ns = check_alloc(
        calloc(MAX_ROUNDS + 1 + (size_t)h->benchmark->rounds, sizeof *c->ns));
}

static bool is_libc(const struct allocator *a)
{
    return a->kind == WORKER_SYSTEM && a->path[0] == '\0';
}

static void add_reference(struct trace_run *h)
{
    struct benchmark *c = h->benchmark;

    for (h->libc = 0; h->libc < h->count; h->libc++)
        if (is_libc(h->competitor[h->libc].allocator))
            return;
    add_competitor(h, c->libc, &c->libc_results[h->trace]);
}

static void gather(struct trace_run *h)
{
    struct benchmark *c = h->benchmark;

    h->competitor =
        check_alloc(calloc(c->allocator_count + 2, sizeof *h->competitor));
    for (size_t i = 0; i < c->allocator_count; i++)
        add_competitor(h, c->allocators[i], benchmark_result(c, i, h->trace));
    if (!c->timing)
        return;
    add_reference(h);
    h->null = h->count;
    add_competitor(h, c->null, NULL);
}

static void release_competitors(struct trace_run *h)
{
    for (size_t i = 0; i < h->count; i++) {
        replay_close(h->competitor[i].replay);
        free(h->competitor[i].ns);
    }
    free(h->competitor);
}

/* ---- What is said and computed of each. ---- */

static void report_stage(const struct trace_run *h, enum stage stage,
                         const char *name)
{
    if (h->benchmark->progress)
        h->benchmark->progress(h->benchmark, h->trace, stage, name);
}

static double utilization(const struct trace *t, const struct outcome *o)
{
    return o->footprint > 0 ? (double)t->peak_payload / (double)o->footprint
                            : 0;
}

static bool go_on(void *trace_run, const char *step)
{
    struct trace_run *h = trace_run;

    if (step != h->step)
        report_stage(h, STAGE_BOUNDS, step);
    h->step = step;
    return !interrupted;
}

static void compute_bounds(struct trace_run *h)
{
    const struct benchmark *c = h->benchmark;
    struct packing_progress watch = {go_on, h};

    report_stage(h, STAGE_BOUNDS, "bounds");
    bounds_find(c->traces[h->trace], c->setup.align, &watch,
                &c->bounds[h->trace], c->placed ? &h->placements : NULL);
}

/* ---- Checking. ---- */

static struct replay_setup setup_for(const struct trace_run *h,
                                     const struct competitor *c,
                                     const struct trace *trace)
{
    struct replay_setup setup = h->benchmark->setup;

    setup.allocator = c->allocator;
    setup.trace = trace;
    setup.seed += h->trace * 1000003u;
    return setup;
}

/*
 * Have the checked pass followed, where the allocator was asked for. Returns
 * what finds out its metadata, or NULL; the caller's.
 */
static struct strides *observe(const struct trace_run *h,
                               const struct competitor *c,
                               struct replay_setup *setup)
{
    const struct benchmark *b = h->benchmark;
    struct strides *strides = NULL;

    if (c >= h->competitor + b->allocator_count)
        return NULL; /* the reference, or the null allocator */
    if (b->with_bounds)
        strides = strides_new(setup->trace, setup->align);
    setup->observers[0] = b->observer;
    if (strides)
        setup->observers[1] = strides_observer(strides);
    return strides;
}

/* The same allocator on the same trace with other sizes: its own worker. */
static void check_perturbed(struct trace_run *h, struct competitor *c)
{
    const struct benchmark *benchmark = h->benchmark;
    struct trace *trace =
        trace_perturb(benchmark->traces[h->trace], benchmark->perturb_seed);
    struct replay_setup setup = setup_for(h, c, trace);
    struct outcome outcome;

    report_stage(h, STAGE_PERTURBED, c->allocator->name);
    struct replay *replay = replay_open(&setup);
    replay_checked(replay, &outcome);
    c->result->perturbed = true;
    c->result->perturbed_verdict = outcome.verdict;
    memcpy(c->result->perturbed_message, outcome.message,
           sizeof outcome.message);
    c->result->perturbed_utilization = utilization(trace, &outcome);
    replay_close(replay);
    trace_delete(trace);
}

static void check(struct trace_run *h, struct competitor *c)
{
    const struct trace *trace = h->benchmark->traces[h->trace];
    struct replay_setup setup = setup_for(h, c, trace);
    struct strides *strides = observe(h, c, &setup);

    c->replay = replay_open(&setup);
    c->runs = true;
    if (!c->result)
        return;
    report_stage(h, STAGE_CHECKING, c->allocator->name);
    c->runs = replay_checked(c->replay, &c->result->outcome);
    c->result->utilization = utilization(trace, &c->result->outcome);
    if (strides)
        c->result->metadata =
            strides_overhead(strides, &c->result->metadata_known);
    strides_delete(strides);
    if (h->benchmark->perturb && c->runs && !interrupted)
        check_perturbed(h, c);
}

static void check_all(struct trace_run *h)
{
    for (size_t i = 0; i < h->count && !interrupted; i++)
        check(h, &h->competitor[i]);
}

/* ---- Timing. ---- */

static double run_once(struct trace_run *h, struct competitor *c,
                       enum timed_kind kind)
{
    struct outcome scratch = {0};
    struct outcome *outcome = c->result ? &c->result->outcome : &scratch;
    const struct trace *trace = h->benchmark->traces[h->trace];
    double ns;

    c->runs = replay_timed(c->replay, kind, &ns, outcome);
    c->spent += ns * 1e-9;
    if (c->result)
        c->result->utilization = utilization(trace, outcome);
    return ns / (double)trace->op_count;
}

/*
 * A slow one has a few rounds, a very slow one the warm-up and one: near the
 * time limit, where a pass takes some 20 seconds, that is 40 for its time.
 */
static bool takes_part(const struct trace_run *h, size_t i, int round)
{
    const struct competitor *c = &h->competitor[i];
    double most = round <= FEW_ROUNDS ? long_time_budget : time_budget;

    return c->runs && !interrupted &&
           (round <= 1 || c->spent < most || i == h->libc);
}

static enum stage timing_stage(const struct competitor *c, int round)
{
    if (round == 0)
        return STAGE_WARMING_UP;
    return c->spent < time_budget / MIN_ROUNDS ? STAGE_TIMING
                                               : STAGE_TIMING_SLOW;
}

static void run_round(struct trace_run *h, int round)
{
    for (size_t k = 0; k < h->count; k++) {
        size_t i = (k + (size_t)round) % h->count;

        if (!takes_part(h, i, round))
            continue;
        report_stage(h, timing_stage(&h->competitor[i], round),
                     h->competitor[i].allocator->name);
        h->competitor[i].ns[round] = run_once(
            h, &h->competitor[i], round == 0 ? TIMED_COUNTED : TIMED_PLAIN);
    }
}

/* A pass whose time is void, of those that are not to be trusted. */
static void run_aside(struct trace_run *h, enum timed_kind kind)
{
    for (size_t i = 0; i < h->count; i++)
        if (h->competitor[i].runs && !interrupted &&
            h->competitor[i].allocator->kind == WORKER_LAB)
            run_once(h, &h->competitor[i], kind);
}

static int worthwhile_rounds(const struct trace_run *h)
{
    double seconds = 1e-6;

    if (h->benchmark->rounds > 0)
        return h->benchmark->rounds;
    for (size_t i = 0; i < h->count; i++)
        if (h->competitor[i].spent < time_budget / MIN_ROUNDS)
            seconds += h->competitor[i].spent;
    double rounds = seconds_a_trace / seconds;
    if (rounds < MIN_ROUNDS)
        return MIN_ROUNDS;
    return rounds > MAX_ROUNDS ? MAX_ROUNDS : (int)rounds;
}

static int random_round(struct trace_run *h)
{
    return 1 + (int)random_below(&h->random, (uint64_t)h->rounds);
}

/*
 * Round 0 warms up: its times only say how many rounds to have. Clocks are
 * compared in a random round and after the last one, for an allocator that began
 * to deceive in between still does then.
 */
static void run_rounds(struct trace_run *h)
{
    run_round(h, 0);
    h->rounds = worthwhile_rounds(h);
    int canary_block = random_round(h), counted = random_round(h);
    for (int round = 1; round <= h->rounds; round++) {
        if (round == canary_block)
            run_aside(h, TIMED_CANARY);
        if (round == counted)
            run_aside(h, TIMED_COUNTED);
        run_round(h, round);
    }
    run_aside(h, TIMED_COUNTED);
}

/* ---- What the rounds say. ---- */

static struct summary summary_of_rounds(const struct trace_run *h,
                                        const double *ns)
{
    double *samples =
        check_alloc(malloc(((size_t)h->rounds + 1) * sizeof *samples));
    size_t count = 0;

    for (int round = 1; round <= h->rounds; round++)
        if (ns[round] > 0)
            samples[count++] = ns[round];
    struct summary summary = summarize(samples, count);
    free(samples);
    return summary;
}

/* Pair by pair: what libc took in the same round over what this one took. */
static struct summary summary_of_ratios(const struct trace_run *h,
                                        const double *ns)
{
    const double *libc = h->competitor[h->libc].ns;
    double *ratios = check_alloc(calloc((size_t)h->rounds + 1, sizeof *ratios));

    for (int round = 1; round <= h->rounds; round++)
        if (ns[round] > 0)
            ratios[round] = libc[round] / ns[round]; /* 0: libc was not run */
    struct summary summary = summary_of_rounds(h, ratios);
    free(ratios);
    return summary;
}

static void subtract_loop(struct trace_run *h)
{
    const double *loop = h->competitor[h->null].ns;

    for (size_t i = 0; i < h->count; i++)
        for (int round = 1; i != h->null && round <= h->rounds; round++)
            if (h->competitor[i].ns[round] > loop[round])
                h->competitor[i].ns[round] -= loop[round];
}

static void evaluate(struct trace_run *h)
{
    h->benchmark->loop_ns[h->trace] =
        summary_of_rounds(h, h->competitor[h->null].ns).median;
    if (h->benchmark->subtract_loop)
        subtract_loop(h);
    for (size_t i = 0; i < h->count; i++) {
        struct competitor *c = &h->competitor[i];

        if (!c->result || !c->runs)
            continue;
        c->result->ns_per_op = summary_of_rounds(h, c->ns);
        c->result->ratio = summary_of_ratios(h, c->ns);
        c->result->timed =
            c->result->ns_per_op.count > 0 && c->result->ratio.median > 0;
    }
}

static void run_trace(struct benchmark *c, size_t trace)
{
    struct trace_run h = {
        .benchmark = c, .trace = trace, .random = c->setup.seed ^ trace};

    if (c->with_bounds)
        compute_bounds(&h);
    gather(&h);
    check_all(&h);
    if (c->placed)
        c->placed(c->observer.context, c, trace, &h.placements);
    placements_free(&h.placements);
    if (c->timing && !interrupted) {
        run_rounds(&h);
        evaluate(&h);
    }
    release_competitors(&h);
}

/* ---- One process, or several. ---- */

static void *shared_array(size_t count, size_t size)
{
    void *p = mmap(NULL, (count + 1) * size, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return check_alloc(p == MAP_FAILED ? NULL : p);
}

static int processor_count(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

/* The number-th of the processors that this process may use. */
static int processor(int number)
{
    cpu_set_t set;
    int count;

    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return -1;
    count = CPU_COUNT(&set);
    number = (count - 1 - number % count + count) % count;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &set) && number-- == 0)
            return cpu;
    return -1;
}

static void run_share(struct benchmark *c, uint64_t *next, int job)
{
    uint64_t trace;

    c->setup.cpu = c->timing ? processor(job) : -1;
    c->setup.may_spin = c->timing && 2 * c->jobs <= processor_count();
    while ((trace = __atomic_fetch_add(next, 1, __ATOMIC_RELAXED)) <
               c->trace_count &&
           !interrupted)
        run_trace(c, trace);
}

static void run_jobs(struct benchmark *c, uint64_t *next)
{
    int status, failed = 0, told = 0;

    for (int job = 0; job < c->jobs; job++) {
        pid_t pid = fork();

        if (pid < 0)
            fatal_usage("cannot start a job");
        if (pid == 0) {
            run_share(c, next, job);
            _exit(0);
        }
    }
    for (int job = 0; job < c->jobs;) {
        if (wait(&status) < 0)
            continue; /* a signal */
        if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOT_JUDGED)
            told++; /* it has complained */
        else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            failed++;
        job++;
    }
    if (told)
        exit(EXIT_NOT_JUDGED);
    if (failed)
        fatal_usage("%d of %d jobs failed", failed, c->jobs);
}

void benchmark_run(struct benchmark *c)
{
    size_t pairs = c->allocator_count * c->trace_count;
    uint64_t *next = shared_array(1, sizeof *next);

    c->results = shared_array(pairs, sizeof *c->results);
    c->libc_results = shared_array(c->trace_count, sizeof *c->libc_results);
    c->loop_ns = shared_array(c->trace_count, sizeof *c->loop_ns);
    c->bounds = shared_array(c->trace_count, sizeof *c->bounds);
    for (size_t i = 0; i < pairs; i++)
        c->results[i].outcome.verdict = VERDICT_NOT_RUN;
    interrupt_catch();
    if (c->jobs > 1)
        run_jobs(c, next);
    else
        run_share(c, next, 0);
    c->interrupted = interrupted;
    munmap(next, 2 * sizeof *next);
}

void benchmark_free_results(struct benchmark *c)
{
    size_t pairs = c->allocator_count * c->trace_count;

    munmap(c->results, (pairs + 1) * sizeof *c->results);
    munmap(c->libc_results, (c->trace_count + 1) * sizeof *c->libc_results);
    munmap(c->loop_ns, (c->trace_count + 1) * sizeof *c->loop_ns);
    munmap(c->bounds, (c->trace_count + 1) * sizeof *c->bounds);
}

struct result *benchmark_result(const struct benchmark *c, size_t allocator,
                                size_t trace)
{
    return &c->results[allocator * c->trace_count + trace];
}

static bool is_ok(const struct result *r)
{
    return r->outcome.verdict == VERDICT_OK &&
           (!r->perturbed || r->perturbed_verdict == VERDICT_OK);
}

bool benchmark_all_ok(const struct benchmark *c)
{
    for (size_t i = 0; i < c->allocator_count * c->trace_count; i++)
        if (!is_ok(&c->results[i]))
            return false;
    return true;
}
