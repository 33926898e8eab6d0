/*
 * contest.c - one trace at a time: check everybody, then time in rounds.
 *
 * Round after round each allocator replays the trace once, in an order that
 * turns by one place a round. The first round warms up and is dropped. Two
 * further replays of each are thrown in at random, their time void: one is
 * painted (painter.h), in one the kernel counts the worker's time from outside.
 *
 * The contestants on a trace are the allocators asked for, then libc as the
 * reference where it is not among them, then the null allocator.
 */
#define _GNU_SOURCE
#include "contest.h"

#include "complain.h"
#include "interrupt.h"
#include "random.h"
#include "bounds/shadow.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MIN_ROUNDS = 7, MAX_ROUNDS = 31, FEW_ROUNDS = 3 };

static const double seconds_a_trace = 0.6; /* to be spent on its rounds */
static const double patience = 3.0;       /* seconds of rounds for a slow one */
static const double long_patience = 10.0; /* for the few that it has anyway */

struct contestant {
    const struct allocator *allocator;
    struct replay *replay;
    struct result *result;
    bool runs;    /* its verdict is ok so far */
    double spent; /* seconds in rounds */
    double *ns;   /* by round, 0 = took no part */
};

struct heat {
    struct contest *contest;
    size_t trace;
    struct contestant *contestant;
    size_t count, libc; /* libc: the index of the reference */
    size_t null;        /* the index of the null allocator */
    int rounds;
    uint64_t random;
    struct placements placements; /* where a tape wants them */
    const char *step;             /* of the packing, as it was told */
};

/* ---- Who takes part. ---- */

static void add_contestant(struct heat *h, const struct allocator *allocator,
                           struct result *result)
{
    struct contestant *c = &h->contestant[h->count++];

    *c = (struct contestant){.allocator = allocator, .result = result};
    c->ns = need(
        calloc(MAX_ROUNDS + 1 + (size_t)h->contest->rounds, sizeof *c->ns));
}

static bool is_libc(const struct allocator *a)
{
    return a->kind == WORKER_SYSTEM && a->path[0] == '\0';
}

static void add_reference(struct heat *h)
{
    struct contest *c = h->contest;

    for (h->libc = 0; h->libc < h->count; h->libc++)
        if (is_libc(h->contestant[h->libc].allocator))
            return;
    add_contestant(h, c->libc, &c->libc_results[h->trace]);
}

static void gather(struct heat *h)
{
    struct contest *c = h->contest;

    h->contestant = need(calloc(c->allocator_count + 2, sizeof *h->contestant));
    for (size_t i = 0; i < c->allocator_count; i++)
        add_contestant(h, c->allocators[i], contest_result(c, i, h->trace));
    if (!c->timing)
        return;
    add_reference(h);
    h->null = h->count;
    add_contestant(h, c->null, NULL);
}

static void dismiss(struct heat *h)
{
    for (size_t i = 0; i < h->count; i++) {
        replay_close(h->contestant[i].replay);
        free(h->contestant[i].ns);
    }
    free(h->contestant);
}

/* ---- What is said and computed of each. ---- */

static void tell_of(const struct heat *h, const char *name, const char *stage)
{
    if (h->contest->progress)
        h->contest->progress(h->contest, h->trace, name, stage);
}

static void tell(const struct heat *h, const struct contestant *c,
                 const char *stage)
{
    tell_of(h, c->allocator->name, stage);
}

static double utilization(const struct trace *t, const struct outcome *o)
{
    return o->footprint > 0 ? (double)t->peak_payload / (double)o->footprint
                            : 0;
}

static bool go_on(void *heat, const char *step)
{
    struct heat *h = heat;

    if (step != h->step)
        tell_of(h, step, "computing");
    h->step = step;
    return !interrupted;
}

static void compute_bounds(struct heat *h)
{
    const struct contest *c = h->contest;
    struct packing_watch watch = {go_on, h};

    tell_of(h, "bounds", "computing");
    bounds_find(c->traces[h->trace], c->setup.align, &watch,
                &c->bounds[h->trace], c->setup.tape ? &h->placements : NULL);
}

/* The marks as two allocators more, for pictures of all of them. */
static void write_shadows(struct heat *h)
{
    const struct contest *c = h->contest;
    const struct bounds *b = &c->bounds[h->trace];
    struct shadow best_fit = {.name = "best_fit",
                              .place = h->placements.best_fit,
                              .top = b->best_fit_bytes,
                              .rises = true,
                              .align = c->setup.align};
    struct shadow packing = {.name = "packing",
                             .place = h->placements.packing,
                             .top = b->packing_bytes,
                             .align = c->setup.align};

    if (best_fit.place)
        shadow_write(c->setup.tape, c->traces[h->trace], &best_fit,
                     c->setup.heap_limit);
    if (packing.place)
        shadow_write(c->setup.tape, c->traces[h->trace], &packing,
                     c->setup.heap_limit);
}

/* ---- Checking. ---- */

static struct replay_setup setup_for(const struct heat *h,
                                     const struct contestant *c,
                                     const struct trace *trace)
{
    struct replay_setup setup = h->contest->setup;

    setup.allocator = c->allocator;
    setup.trace = trace;
    setup.seed += h->trace * 1000003u;
    setup.with_strides = h->contest->with_bounds;
    if (c >= h->contestant + h->contest->allocator_count)
        setup.tape = NULL; /* the reference, which nobody asked for */
    return setup;
}

/* The same allocator on the same trace with other sizes: its own worker. */
static void check_perturbed(struct heat *h, struct contestant *c)
{
    const struct contest *contest = h->contest;
    struct trace *trace =
        trace_perturb(contest->traces[h->trace], contest->perturb_seed);
    struct replay_setup setup = setup_for(h, c, trace);
    struct outcome outcome;

    tell(h, c, "checking with other sizes");
    setup.tape = NULL;
    setup.with_strides = false;
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

static void check(struct heat *h, struct contestant *c)
{
    const struct trace *trace = h->contest->traces[h->trace];
    struct replay_setup setup = setup_for(h, c, trace);

    c->replay = replay_open(&setup);
    c->runs = true;
    if (!c->result)
        return;
    tell(h, c, "checking");
    c->runs = replay_checked(c->replay, &c->result->outcome);
    c->result->utilization = utilization(trace, &c->result->outcome);
    if (h->contest->perturb && c->runs && !interrupted)
        check_perturbed(h, c);
}

static void check_all(struct heat *h)
{
    for (size_t i = 0; i < h->count && !interrupted; i++)
        check(h, &h->contestant[i]);
}

/* ---- Timing. ---- */

static double run_once(struct heat *h, struct contestant *c,
                       enum timed_kind kind)
{
    struct outcome scratch = {0};
    struct outcome *outcome = c->result ? &c->result->outcome : &scratch;
    const struct trace *trace = h->contest->traces[h->trace];
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
static bool takes_part(const struct heat *h, size_t i, int round)
{
    const struct contestant *c = &h->contestant[i];
    double most = round <= FEW_ROUNDS ? long_patience : patience;

    return c->runs && !interrupted &&
           (round <= 1 || c->spent < most || i == h->libc);
}

/* Fast turns are too many to tell of each: only their stage is "timing". */
static const char *timing_stage(const struct contestant *c, int round)
{
    if (round == 0)
        return "warming up";
    return c->spent < patience / MIN_ROUNDS ? "timing" : "timing slow";
}

static void run_round(struct heat *h, int round)
{
    for (size_t k = 0; k < h->count; k++) {
        size_t i = (k + (size_t)round) % h->count;

        if (!takes_part(h, i, round))
            continue;
        tell(h, &h->contestant[i], timing_stage(&h->contestant[i], round));
        h->contestant[i].ns[round] = run_once(
            h, &h->contestant[i], round == 0 ? TIMED_COUNTED : TIMED_PLAIN);
    }
}

/* A pass whose time is void, of those that are not to be trusted. */
static void run_aside(struct heat *h, enum timed_kind kind)
{
    for (size_t i = 0; i < h->count; i++)
        if (h->contestant[i].runs && !interrupted &&
            h->contestant[i].allocator->kind == WORKER_LAB)
            run_once(h, &h->contestant[i], kind);
}

static int worthwhile_rounds(const struct heat *h)
{
    double seconds = 1e-6;

    if (h->contest->rounds > 0)
        return h->contest->rounds;
    for (size_t i = 0; i < h->count; i++)
        if (h->contestant[i].spent < patience / MIN_ROUNDS)
            seconds += h->contestant[i].spent;
    double rounds = seconds_a_trace / seconds;
    if (rounds < MIN_ROUNDS)
        return MIN_ROUNDS;
    return rounds > MAX_ROUNDS ? MAX_ROUNDS : (int)rounds;
}

static int random_round(struct heat *h)
{
    return 1 + (int)random_below(&h->random, (uint64_t)h->rounds);
}

/*
 * Round 0 warms up: what it measured only says how many more to have. Clocks
 * are compared at random, and at the end: whoever began to deceive still does.
 */
static void run_rounds(struct heat *h)
{
    run_round(h, 0);
    h->rounds = worthwhile_rounds(h);
    int painted = random_round(h), counted = random_round(h);
    for (int round = 1; round <= h->rounds; round++) {
        if (round == painted)
            run_aside(h, TIMED_PAINTED);
        if (round == counted)
            run_aside(h, TIMED_COUNTED);
        run_round(h, round);
    }
    run_aside(h, TIMED_COUNTED);
}

/* ---- What the rounds say. ---- */

static struct spread spread_of_rounds(const struct heat *h, const double *ns)
{
    double *samples = need(malloc(((size_t)h->rounds + 1) * sizeof *samples));
    size_t count = 0;

    for (int round = 1; round <= h->rounds; round++)
        if (ns[round] > 0)
            samples[count++] = ns[round];
    struct spread spread = spread_of(samples, count);
    free(samples);
    return spread;
}

/* Pair by pair: what libc took in the same round over what this one took. */
static struct spread spread_of_ratios(const struct heat *h, const double *ns)
{
    const double *libc = h->contestant[h->libc].ns;
    double *ratios = need(calloc((size_t)h->rounds + 1, sizeof *ratios));

    for (int round = 1; round <= h->rounds; round++)
        if (ns[round] > 0)
            ratios[round] = libc[round] / ns[round]; /* 0: libc was not run */
    struct spread spread = spread_of_rounds(h, ratios);
    free(ratios);
    return spread;
}

static void subtract_loop(struct heat *h)
{
    const double *loop = h->contestant[h->null].ns;

    for (size_t i = 0; i < h->count; i++)
        for (int round = 1; i != h->null && round <= h->rounds; round++)
            if (h->contestant[i].ns[round] > loop[round])
                h->contestant[i].ns[round] -= loop[round];
}

static void evaluate(struct heat *h)
{
    h->contest->loop_ns[h->trace] =
        spread_of_rounds(h, h->contestant[h->null].ns).median;
    if (h->contest->subtract_loop)
        subtract_loop(h);
    for (size_t i = 0; i < h->count; i++) {
        struct contestant *c = &h->contestant[i];

        if (!c->result || !c->runs)
            continue;
        c->result->ns_per_op = spread_of_rounds(h, c->ns);
        c->result->ratio = spread_of_ratios(h, c->ns);
        c->result->timed =
            c->result->ns_per_op.count > 0 && c->result->ratio.median > 0;
    }
}

static void run_trace(struct contest *c, size_t trace)
{
    struct heat h = {
        .contest = c, .trace = trace, .random = c->setup.seed ^ trace};

    if (c->with_bounds)
        compute_bounds(&h);
    gather(&h);
    check_all(&h);
    write_shadows(&h);
    placements_free(&h.placements);
    if (c->timing && !interrupted) {
        run_rounds(&h);
        evaluate(&h);
    }
    dismiss(&h);
}

/* ---- One process, or several. ---- */

static void *shared_array(size_t count, size_t size)
{
    void *p = mmap(NULL, (count + 1) * size, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return need(p == MAP_FAILED ? NULL : p);
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

static void run_share(struct contest *c, uint64_t *next, int job)
{
    uint64_t trace;

    c->setup.cpu = c->timing ? processor(job) : -1;
    c->setup.may_spin = c->timing && 2 * c->jobs <= processor_count();
    while ((trace = __atomic_fetch_add(next, 1, __ATOMIC_RELAXED)) <
               c->trace_count &&
           !interrupted)
        run_trace(c, trace);
}

static void run_jobs(struct contest *c, uint64_t *next)
{
    int status, failed = 0, told = 0;

    for (int job = 0; job < c->jobs; job++) {
        pid_t pid = fork();

        if (pid < 0)
            complain_usage("cannot start a job");
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
        complain_usage("%d of %d jobs failed", failed, c->jobs);
}

void contest_run(struct contest *c)
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

void contest_free_results(struct contest *c)
{
    size_t pairs = c->allocator_count * c->trace_count;

    munmap(c->results, (pairs + 1) * sizeof *c->results);
    munmap(c->libc_results, (c->trace_count + 1) * sizeof *c->libc_results);
    munmap(c->loop_ns, (c->trace_count + 1) * sizeof *c->loop_ns);
    munmap(c->bounds, (c->trace_count + 1) * sizeof *c->bounds);
}

struct result *contest_result(const struct contest *c, size_t allocator,
                              size_t trace)
{
    return &c->results[allocator * c->trace_count + trace];
}

static bool is_ok(const struct result *r)
{
    return r->outcome.verdict == VERDICT_OK &&
           (!r->perturbed || r->perturbed_verdict == VERDICT_OK);
}

bool contest_all_ok(const struct contest *c)
{
    for (size_t i = 0; i < c->allocator_count * c->trace_count; i++)
        if (!is_ok(&c->results[i]))
            return false;
    return true;
}
