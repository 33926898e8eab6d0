/*
 * benchmark.c - for each trace, check all allocators, then time them in rounds.
 *
 * In a round each allocator replays the trace once; each round begins with
 * another one, and every other round goes backwards. The first round is the
 * warm-up and does not count. Before a random round, each allocator of the lab
 * has a replay whose time does not count either: a canary pass (canary.h).
 *
 * If instructions are counted, it is done last, after the checks and rounds of
 * all traces: each allocator has one worker for all of them (counting.h).
 *
 * The competitors on a trace are the allocators that the user named, libc as
 * the baseline if it is not among them, and the null allocator.
 */
#define _GNU_SOURCE
#include "benchmark.h"

#include "base/clock.h"
#include "base/fatal.h"
#include "base/interrupt.h"
#include "base/random.h"
#include "counting.h"
#include "strides.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MIN_ROUNDS = 7, MAX_ROUNDS = 31, FEW_ROUNDS = 3 };
enum { HANGING = 3 }; /* traces, after which no other is begun */

static const double seconds_per_trace = 0.6; /* for all rounds of a trace */
/* An allocator whose rounds have taken so many seconds takes part no more, */
static const double time_budget = 3.0;
static const double long_time_budget = 10.0; /* during the first FEW_ROUNDS */

struct competitor {
    const struct allocator *allocator;
    struct replay *replay;
    struct result *result;
    bool runs;    /* its verdict is ok so far */
    double spent; /* seconds in timed replays so far */
    double *ns;   /* ns/op by round; 0: it took no part */
};

struct trace_run {
    struct benchmark *benchmark;
    size_t trace;
    struct competitor *competitor;
    size_t count;
    size_t libc, null; /* indices of the baseline and the null allocator */
    int rounds;
    uint64_t random;
    struct placements placements; /* for benchmark.placed */
    const char *step;             /* of the packing, as last reported */
};

/* ---- Competitors. ---- */

static void add_competitor(struct trace_run *run,
                           const struct allocator *allocator,
                           struct result *result)
{
    struct competitor *c = &run->competitor[run->count++];

    *c = (struct competitor){.allocator = allocator, .result = result};
    c->ns = check_alloc(
        calloc(MAX_ROUNDS + 1 + (size_t)run->benchmark->rounds, sizeof *c->ns));
}

static bool is_libc(const struct allocator *a)
{
    return a->kind == WORKER_SYSTEM && a->path[0] == '\0';
}

static void add_baseline(struct trace_run *run)
{
    struct benchmark *b = run->benchmark;

    for (run->libc = 0; run->libc < run->count; run->libc++)
        if (is_libc(run->competitor[run->libc].allocator))
            return;
    add_competitor(run, b->libc, &b->libc_results[run->trace]);
}

static void add_competitors(struct trace_run *run)
{
    struct benchmark *b = run->benchmark;

    run->competitor =
        check_alloc(calloc(b->allocator_count + 2, sizeof *run->competitor));
    for (size_t i = 0; i < b->allocator_count; i++)
        add_competitor(run, b->allocators[i],
                       benchmark_result(b, i, run->trace));
    if (!b->timing)
        return;
    add_baseline(run);
    run->null = run->count;
    add_competitor(run, b->null, NULL);
}

static void release_competitors(struct trace_run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        replay_close(run->competitor[i].replay);
        free(run->competitor[i].ns);
    }
    free(run->competitor);
}

/* ---- Progress and bounds. ---- */

static void report_stage(const struct trace_run *run, enum stage stage,
                         const char *name)
{
    if (run->benchmark->progress)
        run->benchmark->progress(run->benchmark, run->trace, stage, name);
}

double benchmark_utilization(const struct trace *t, const struct outcome *o)
{
    return o->footprint > 0 ? (double)t->peak_payload / (double)o->footprint
                            : 0;
}

/* Report a step of the packing; false, which ends it, after SIGINT. */
static bool report_step(void *trace_run, const char *step)
{
    struct trace_run *run = trace_run;

    if (step != run->step)
        report_stage(run, STAGE_BOUNDS, step);
    run->step = step;
    return !interrupted;
}

static void compute_bounds(struct trace_run *run)
{
    const struct benchmark *b = run->benchmark;
    struct packing_progress progress = {report_step, run};

    report_stage(run, STAGE_BOUNDS, "bounds");
    bounds_find(b->traces[run->trace], b->setup.align, &progress,
                &b->bounds[run->trace], b->placed ? &run->placements : NULL);
}

/* ---- One timed pass. ---- */

/* Has the budget of the whole run been used up? */
static bool is_past_deadline(const struct benchmark *b)
{
    return b->setup.deadline > 0 && clock_seconds() > b->setup.deadline;
}

static double run_once(struct trace_run *run, struct competitor *c,
                       enum timed_kind kind)
{
    struct outcome scratch = {0};
    struct outcome *outcome = c->result ? &c->result->outcome : &scratch;
    const struct trace *trace = run->benchmark->traces[run->trace];
    double ns;

    c->runs = replay_timed(c->replay, kind, &ns, outcome);
    c->spent += replay_seconds(c->replay);
    if (c->result)
        c->result->utilization = benchmark_utilization(trace, outcome);
    return ns / (double)trace->op_count;
}

/* ---- Checking. ---- */

static struct replay_setup setup_for(const struct trace_run *run,
                                     const struct competitor *c,
                                     const struct trace *trace)
{
    struct replay_setup setup = run->benchmark->setup;

    setup.allocator = c->allocator;
    setup.trace = trace;
    setup.seed += run->trace * 1000003u;
    return setup;
}

/*
 * Set the observers of a checked pass, if the user named the allocator. Returns
 * what measures its metadata, which the caller deletes, or NULL.
 */
static struct strides *observe(const struct trace_run *run,
                               const struct competitor *c,
                               struct replay_setup *setup)
{
    const struct benchmark *b = run->benchmark;
    struct strides *strides = NULL;

    if (c >= run->competitor + b->allocator_count)
        return NULL; /* the baseline, or the null allocator */
    if (b->with_bounds)
        strides = strides_new(setup->trace, setup->align);
    setup->observers[0] = b->observer;
    if (strides)
        setup->observers[1] = strides_observer(strides);
    return strides;
}

/* A checked replay of the perturbed trace, in another worker. */
static void check_perturbed(struct trace_run *run, struct competitor *c)
{
    const struct benchmark *benchmark = run->benchmark;
    struct trace *trace =
        trace_perturb(benchmark->traces[run->trace], benchmark->perturb_seed);
    struct replay_setup setup = setup_for(run, c, trace);
    struct outcome outcome;

    report_stage(run, STAGE_PERTURBED, c->allocator->name);
    struct replay *replay = replay_open(&setup);
    replay_checked(replay, &outcome);
    c->result->perturbed = true;
    c->result->perturbed_verdict = outcome.verdict;
    memcpy(c->result->perturbed_message, outcome.message,
           sizeof outcome.message);
    c->result->perturbed_utilization = benchmark_utilization(trace, &outcome);
    replay_close(replay);
    trace_delete(trace);
}

/*
 * An allocator that is not trusted may behave otherwise where payloads are
 * filled, and find their sizes in the worker. So one pass of the other kind
 * comes even if nothing is timed or counted.
 */
static void check_untimed(struct trace_run *run, struct competitor *c)
{
    const struct benchmark *b = run->benchmark;

    if (b->setup.untrusted && !b->timing && !b->counting && c->runs &&
        !interrupted)
        run_once(run, c, TIMED_CANARY);
}

static void check(struct trace_run *run, struct competitor *c)
{
    const struct trace *trace = run->benchmark->traces[run->trace];
    struct replay_setup setup = setup_for(run, c, trace);
    struct strides *strides = observe(run, c, &setup);

    c->replay = replay_open(&setup);
    c->runs = true;
    if (!c->result)
        return;
    report_stage(run, STAGE_CHECKING, c->allocator->name);
    c->runs = replay_checked(c->replay, &c->result->outcome);
    c->result->utilization = benchmark_utilization(trace, &c->result->outcome);
    if (strides)
        c->result->metadata =
            strides_overhead(strides, &c->result->metadata_known);
    strides_delete(strides);
    if (run->benchmark->perturb && c->runs && !interrupted)
        check_perturbed(run, c);
    check_untimed(run, c);
}

static void check_all(struct trace_run *run)
{
    for (size_t i = 0; i < run->count && !interrupted; i++)
        check(run, &run->competitor[i]);
}

/* ---- Timing. ---- */

/*
 * A very slow allocator takes part in the warm-up and round 1 only, which may
 * take 40 seconds if a replay nearly takes the time limit.
 */
static bool takes_part(const struct trace_run *run, size_t i, int round)
{
    const struct competitor *c = &run->competitor[i];
    double budget = round <= FEW_ROUNDS ? long_time_budget : time_budget;

    return c->runs && !interrupted && !is_past_deadline(run->benchmark) &&
           (round <= 1 || c->spent < budget || i == run->libc);
}

static enum stage timing_stage(const struct competitor *c, int round)
{
    if (round == 0)
        return STAGE_WARMING_UP;
    return c->spent < time_budget / MIN_ROUNDS ? STAGE_TIMING
                                               : STAGE_TIMING_SLOW;
}

/*
 * Whose turn is the k-th of the round? Every other round goes backwards, for an
 * allocator finds in the caches what the one before it has left there.
 */
static size_t turn(const struct trace_run *run, int round, size_t k)
{
    size_t i = (k + (size_t)round) % run->count;

    return round % 2 == 0 ? i : run->count - 1 - i;
}

static void run_round(struct trace_run *run, int round)
{
    for (size_t k = 0; k < run->count; k++) {
        size_t i = turn(run, round, k);

        if (!takes_part(run, i, round))
            continue;
        report_stage(run, timing_stage(&run->competitor[i], round),
                     run->competitor[i].allocator->name);
        run->competitor[i].ns[round] =
            run_once(run, &run->competitor[i], TIMED_PLAIN);
    }
}

/* A pass of each allocator of the lab, whose time does not count. */
static void run_canaries(struct trace_run *run)
{
    for (size_t i = 0; i < run->count; i++)
        if (run->competitor[i].runs && !interrupted &&
            run->competitor[i].allocator->kind == WORKER_LAB)
            run_once(run, &run->competitor[i], TIMED_CANARY);
}

static int choose_rounds(const struct trace_run *run)
{
    double seconds = 1e-6;

    if (run->benchmark->rounds > 0)
        return run->benchmark->rounds;
    for (size_t i = 0; i < run->count; i++)
        if (run->competitor[i].spent < time_budget / MIN_ROUNDS)
            seconds += run->competitor[i].spent;
    double rounds = seconds_per_trace / seconds;
    if (rounds < MIN_ROUNDS)
        return MIN_ROUNDS;
    return rounds > MAX_ROUNDS ? MAX_ROUNDS : (int)rounds;
}

static int random_round(struct trace_run *run)
{
    return 1 + (int)random_below(&run->random, (uint64_t)run->rounds);
}

/* Round 0 is the warm-up: its times only give the number of rounds. */
static void run_rounds(struct trace_run *run)
{
    run_round(run, 0);
    run->rounds = choose_rounds(run);
    int canary = random_round(run);
    for (int round = 1; round <= run->rounds; round++) {
        if (round == canary)
            run_canaries(run);
        run_round(run, round);
    }
}

/* ---- Statistics over the rounds. ---- */

static struct summary summary_of_rounds(const struct trace_run *run,
                                        const double *ns)
{
    double *samples =
        check_alloc(malloc(((size_t)run->rounds + 1) * sizeof *samples));
    size_t count = 0;

    for (int round = 1; round <= run->rounds; round++)
        if (ns[round] > 0)
            samples[count++] = ns[round];
    struct summary summary = summarize(samples, count);
    free(samples);
    return summary;
}

/* By round: other's ns/op over the allocator's ns/op in the same round. */
static struct summary summary_of_ratios(const struct trace_run *run,
                                        const double *other, const double *ns)
{
    double *ratios =
        check_alloc(calloc((size_t)run->rounds + 1, sizeof *ratios));

    for (int round = 1; round <= run->rounds; round++)
        if (ns[round] > 0)
            ratios[round] = other[round] / ns[round]; /* 0: it was not run */
    struct summary summary = summary_of_rounds(run, ratios);
    free(ratios);
    return summary;
}

static void subtract_loop(struct trace_run *run)
{
    const double *loop = run->competitor[run->null].ns;

    for (size_t i = 0; i < run->count; i++)
        for (int round = 1; i != run->null && round <= run->rounds; round++)
            if (run->competitor[i].ns[round] > loop[round])
                run->competitor[i].ns[round] -= loop[round];
}

static const double *baseline_ns(const struct trace_run *run)
{
    for (size_t i = 0; i < run->benchmark->allocator_count; i++)
        if (run->competitor[i].allocator == run->benchmark->baseline)
            return run->competitor[i].ns;
    return NULL;
}

static void evaluate(struct trace_run *run)
{
    const double *libc = run->competitor[run->libc].ns;
    const double *baseline = baseline_ns(run);

    run->benchmark->loop_ns[run->trace] =
        summary_of_rounds(run, run->competitor[run->null].ns).median;
    if (run->benchmark->subtract_loop)
        subtract_loop(run);
    for (size_t i = 0; i < run->count; i++) {
        struct competitor *c = &run->competitor[i];

        if (!c->result || !c->runs)
            continue;
        c->result->ns_per_op = summary_of_rounds(run, c->ns);
        c->result->ratio = summary_of_ratios(run, libc, c->ns);
        if (baseline)
            c->result->against = summary_of_ratios(run, baseline, c->ns);
        c->result->timed =
            c->result->ns_per_op.count > 0 && c->result->ratio.median > 0;
    }
}

static void not_begun(struct benchmark *b, size_t trace)
{
    for (size_t i = 0; i < b->allocator_count; i++) {
        struct outcome *o = &benchmark_result(b, i, trace)->outcome;

        o->verdict = VERDICT_TOO_SLOW;
        snprintf(o->message, sizeof o->message,
                 "%s: was not begun: the budget of %g seconds for all replays "
                 "was used up",
                 b->traces[trace]->name, b->budget);
    }
}

/*
 * Has an allocator that is not trusted hung on the traces just before? Then one
 * of its calls never returns, and to wait for that again tells nothing.
 */
static bool has_hung(const struct benchmark *b, size_t trace)
{
    if (!b->setup.untrusted || trace < HANGING || b->allocator_count != 1)
        return false;
    for (size_t t = trace - HANGING; t < trace; t++)
        if (benchmark_result(b, 0, t)->outcome.verdict != VERDICT_HUNG)
            return false;
    return true;
}

static void still_hung(struct benchmark *b, size_t trace)
{
    struct outcome *o = &benchmark_result(b, 0, trace)->outcome;

    o->verdict = VERDICT_HUNG;
    snprintf(o->message, sizeof o->message,
             "%s: was not begun: the allocator has hung on the %d traces "
             "before",
             b->traces[trace]->name, HANGING);
}

static void run_trace(struct benchmark *b, size_t trace)
{
    if (has_hung(b, trace)) {
        still_hung(b, trace);
        return;
    }
    if (is_past_deadline(b)) {
        not_begun(b, trace);
        return;
    }
    struct trace_run run = {
        .benchmark = b, .trace = trace, .random = b->setup.seed ^ trace};

    if (b->with_bounds)
        compute_bounds(&run);
    add_competitors(&run);
    check_all(&run);
    if (b->placed)
        b->placed(b->observer.context, b, trace, &run.placements);
    placements_free(&run.placements);
    if (b->timing && !interrupted) {
        run_rounds(&run);
        evaluate(&run);
    }
    release_competitors(&run);
}

/* ---- One process, or several. ---- */

static void *shared_array(size_t count, size_t size)
{
    void *p = mmap(NULL, (count + 1) * size, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return check_alloc(p == MAP_FAILED ? NULL : p);
}

/* The number-th last of the processors that this process may use, or -1. */
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

static void run_share(struct benchmark *b, uint64_t *next, int job)
{
    uint64_t trace;

    b->setup.cpu = b->timing ? processor(job) : -1;
    while ((trace = __atomic_fetch_add(next, 1, __ATOMIC_RELAXED)) <
               b->trace_count &&
           !interrupted)
        run_trace(b, trace);
}

/* Work of one job: it takes the next one that is due until all are done. */
typedef void share_function(struct benchmark *b, uint64_t *next, int job);

static void run_jobs(struct benchmark *b, uint64_t *next,
                     share_function *run_some)
{
    int status, failed = 0, reported = 0;

    for (int job = 0; job < b->jobs; job++) {
        pid_t pid = fork();

        if (pid < 0)
            fatal_usage("cannot start a job");
        if (pid == 0) {
            run_some(b, next, job);
            _exit(0);
        }
    }
    for (int job = 0; job < b->jobs;) {
        if (wait(&status) < 0)
            continue; /* a signal */
        if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOT_JUDGED)
            reported++; /* it has printed a message */
        else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            failed++;
        job++;
    }
    if (reported)
        exit(EXIT_NOT_JUDGED);
    if (failed)
        fatal_usage("%d of %d jobs failed", failed, b->jobs);
}

/* ---- Counting. ---- */

/* The baseline is the last, after the allocators that the user named. */
static void count_share(struct benchmark *b, uint64_t *next, int job)
{
    uint64_t count = b->allocator_count + (b->counting_libc ? 1 : 0), i;

    (void)job;
    b->setup.cpu = -1;
    while ((i = __atomic_fetch_add(next, 1, __ATOMIC_RELAXED)) < count &&
           !interrupted) {
        if (i < b->allocator_count)
            count_instructions(b, b->allocators[i], benchmark_result(b, i, 0));
        else
            count_instructions(b, b->libc, b->libc_results);
    }
}

/* The results of libc: the user's, or the baseline's. */
static const struct result *libc_results(const struct benchmark *b)
{
    for (size_t i = 0; i < b->allocator_count; i++)
        if (is_libc(b->allocators[i]))
            return benchmark_result(b, i, 0);
    return b->libc_results;
}

static void compare_counts(struct benchmark *b)
{
    const struct result *libc = libc_results(b);

    for (size_t i = 0; i < b->allocator_count * b->trace_count; i++) {
        struct result *r = &b->results[i];
        const struct result *l = &libc[i % b->trace_count];

        if (r->counted && l->counted && r->instructions > 0)
            r->count_ratio = (double)l->instructions / (double)r->instructions;
    }
}

static void run_all(struct benchmark *b, share_function *run_some)
{
    uint64_t *next = shared_array(1, sizeof *next);

    if (b->jobs > 1)
        run_jobs(b, next, run_some);
    else
        run_some(b, next, 0);
    munmap(next, 2 * sizeof *next);
}

void benchmark_run(struct benchmark *b)
{
    size_t pairs = b->allocator_count * b->trace_count;

    b->results = shared_array(pairs, sizeof *b->results);
    b->libc_results = shared_array(b->trace_count, sizeof *b->libc_results);
    b->loop_ns = shared_array(b->trace_count, sizeof *b->loop_ns);
    b->bounds = shared_array(b->trace_count, sizeof *b->bounds);
    for (size_t i = 0; i < pairs; i++)
        b->results[i].outcome.verdict = VERDICT_NOT_RUN;
    if (b->budget > 0)
        b->setup.deadline = clock_seconds() + b->budget;
    interrupt_catch();
    run_all(b, run_share);
    if (b->counting && !interrupted) {
        run_all(b, count_share);
        compare_counts(b);
    }
    b->interrupted = interrupted;
}

void benchmark_free_results(struct benchmark *b)
{
    size_t pairs = b->allocator_count * b->trace_count;

    munmap(b->results, (pairs + 1) * sizeof *b->results);
    munmap(b->libc_results, (b->trace_count + 1) * sizeof *b->libc_results);
    munmap(b->loop_ns, (b->trace_count + 1) * sizeof *b->loop_ns);
    munmap(b->bounds, (b->trace_count + 1) * sizeof *b->bounds);
}

struct result *benchmark_result(const struct benchmark *b, size_t allocator,
                                size_t trace)
{
    return &b->results[allocator * b->trace_count + trace];
}

size_t benchmark_count(const struct benchmark *b, size_t allocator,
                       enum verdict verdict)
{
    size_t count = 0;

    for (size_t i = 0; i < b->trace_count; i++)
        count += benchmark_result(b, allocator, i)->outcome.verdict == verdict;
    return count;
}

static bool is_ok(const struct result *r)
{
    return r->outcome.verdict == VERDICT_OK &&
           (!r->perturbed || r->perturbed_verdict == VERDICT_OK);
}

bool benchmark_all_ok(const struct benchmark *b)
{
    for (size_t i = 0; i < b->allocator_count * b->trace_count; i++)
        if (!is_ok(&b->results[i]))
            return false;
    return true;
}
