/*
 * replay_timed.c - the timed pass.
 *
 * The time is the CPU time of the worker's thread from the start to the end of
 * the loop, which the worker reads from the kernel. A trace that fits into one
 * batch is first replayed once untimed, to warm up caches and predictors. In a
 * counted pass the worker sleeps between batches, and the judge reads the CPU
 * time of the whole process. If the worker reports much less, it forges its
 * time, or the allocator works outside the loop.
 */
#include "base/random.h"
#include "replay_parts.h"
#include "base/summary.h"

#include <stdio.h>

enum {
    CANARY_BATCHES = 24, /* the fewest batches of a canary pass */
    OVERHEAD_CALLS = 31, /* empty batches that are timed */
    COUNTED_TRIES = 6,   /* counted passes that must fail for a verdict */
    SLACK_NS = 100000    /* CPU time that a batch may take outside the loop */
};

/* ---- Where batches end. ---- */

/*
 * The operation that is a batch of its own in a canary pass: a random realloc
 * that moved its block, if there is one. So the move itself is checked.
 */
static uint64_t choose_single(struct replay *r)
{
    uint64_t known = up_to(MAX_MOVES, r->move_count);

    if (known > 0)
        return r->moves[random_below(&r->random, known)];
    return random_below(&r->random, r->setup.trace->op_count);
}

static bool is_short(const struct replay *r)
{
    return r->setup.trace->op_count <= CHANNEL_BATCH;
}

uint32_t replay_timed_count(struct replay *r, uint64_t first)
{
    uint64_t size =
        CHANNEL_BATCH / 2 + random_below(&r->random, CHANNEL_BATCH / 2 + 1);

    return up_to(is_short(r) ? CHANNEL_BATCH : size,
                 r->setup.trace->op_count - first);
}

static uint32_t canary_count(struct replay *r, uint64_t first, uint64_t single)
{
    uint64_t all = r->setup.trace->op_count, left = all - first;
    uint64_t size = 1 + random_below(&r->random, all / CANARY_BATCHES + 1);

    if (first < single && single - first < left)
        left = single - first;
    else if (first == single)
        left = 1;
    return up_to(size < CHANNEL_BATCH ? size : CHANNEL_BATCH, left);
}

/* ---- Batches. ---- */

static bool time_batch(struct replay *r, uint64_t first, uint32_t count,
                       double *ns, struct finding *f)
{
    uint32_t done;

    replay_feed(r, r->timed_oracle, first, count);
    struct ending e = sandbox_call(r->sandbox, COMMAND_TIMED, count, first);
    *ns += (double)sandbox_cpu_ns(r->sandbox) - r->overhead;
    if (e.verdict == VERDICT_TAMPERED)
        return diagnose_tampering(r, &e, first, count, f);
    if (r->setup.allocator->kind == WORKER_NULL)
        return true;
    if (!replay_digest(r, r->timed_oracle, first, count, &done, f))
        return false;
    if (!worker_lives(&e))
        return diagnose_ending(r, &e, r->timed_oracle, first + done, f);
    return done == count || finding_text(f, VERDICT_TAMPERED, first + done,
                                         "was never carried out");
}

static bool time_batches(struct replay *r, double *ns, struct finding *f)
{
    uint32_t count;

    for (uint64_t op = 0; op < r->setup.trace->op_count; op += count) {
        count = replay_timed_count(r, op);
        if (!time_batch(r, op, count, ns, f))
            return false;
        trace_release_pages(r->setup.trace, op, op + count);
    }
    return true;
}

static bool canary_batches(struct replay *r, struct finding *f)
{
    const struct op *ops = r->setup.trace->ops;
    uint64_t single = choose_single(r);
    uint32_t count;
    double ns = 0;

    for (uint64_t op = 0; op < r->setup.trace->op_count; op += count) {
        count = canary_count(r, op, single);
        canary_write(r->canary, op_slot(ops[op]));
        if (!time_batch(r, op, count, &ns, f) ||
            !canary_check(r->canary, ops, op, count, f))
            return false;
        trace_release_pages(r->setup.trace, op, op + count);
    }
    return true;
}

/* ---- Passes. ---- */

static double empty_batch_ns(struct sandbox *s)
{
    double ns[OVERHEAD_CALLS];

    for (int i = 0; i < OVERHEAD_CALLS; i++) {
        struct ending e = sandbox_call(s, COMMAND_TIMED, 0, 0);

        if (!is_done(&e))
            return 0;
        ns[i] = (double)sandbox_cpu_ns(s);
    }
    return summarize(ns, OVERHEAD_CALLS).median;
}

static void measure_overhead(struct replay *r)
{
    sandbox_begin_pass(r->sandbox);
    r->overhead = empty_batch_ns(r->sandbox);
    r->overhead_known = true;
}

/* Replay a short trace untimed. */
static bool warm_up(struct replay *r, struct finding *f)
{
    uint32_t count = (uint32_t)r->setup.trace->op_count;

    if (!is_short(r))
        return true;
    if (!replay_begin(r, r->timed_oracle, f))
        return false;
    replay_feed(r, r->timed_oracle, 0, count);
    struct ending e = sandbox_call(r->sandbox, COMMAND_TIMED, count, 0);
    if (!is_done(&e)) {
        uint32_t done;

        return replay_digest(r, r->timed_oracle, 0, count, &done, f) &&
               diagnose_ending(r, &e, r->timed_oracle, done, f);
    }
    oracle_reset(r->timed_oracle);
    replay_release(r, COMMAND_TIMED);
    return true;
}

/* Is the time that the worker reports close to the kernel's count? */
static bool time_plausible(const struct replay *r, double told, double counted)
{
    double turns = (double)r->setup.trace->op_count / CHANNEL_BATCH * 2 + 1;

    return told > counted / 2 - turns * SLACK_NS;
}

static bool diagnose_clock(double told, double counted, struct finding *f)
{
    finding_at(f, VERDICT_TAMPERED, AT_END, "");
    snprintf(f->detail, sizeof f->detail,
             "the timed calls took %.0f ns of CPU time, but the kernel has "
             "counted %.0f: the allocator works outside them",
             told, counted);
    return false;
}

/*
 * The kernel also charges a process for interrupts, which come and go. Work
 * outside the loop is done in every pass. So one pass with close times is
 * enough to accept the worker's clock.
 */
static bool count_batches(struct replay *r, double *ns, struct finding *f)
{
    const struct process *worker = sandbox_process(r->sandbox);
    double counted = 0;

    for (int i = 0; i < COUNTED_TRIES; i++) {
        if (i > 0) {
            replay_release(r, COMMAND_TIMED);
            oracle_reset(r->timed_oracle);
            if (!replay_begin(r, r->timed_oracle, f))
                return false;
        }
        *ns = 0;
        double start = (double)process_cpu_ns(worker);
        if (!time_batches(r, ns, f))
            return false;
        counted = (double)process_cpu_ns(worker) - start;
        if (time_plausible(r, *ns, counted))
            return true;
    }
    return diagnose_clock(*ns, counted, f);
}

static bool pass(struct replay *r, enum timed_kind kind, double *ns,
                 struct finding *f)
{
    if (kind == TIMED_PLAIN && !warm_up(r, f))
        return false;
    if (!replay_begin(r, r->timed_oracle, f))
        return false;
    if (kind == TIMED_CANARY && is_lab(r))
        return canary_batches(r, f);
    return kind == TIMED_COUNTED ? count_batches(r, ns, f)
                                 : time_batches(r, ns, f);
}

bool replay_timed(struct replay *r, enum timed_kind kind, double *ns,
                  struct outcome *out)
{
    struct finding f = finding_none();
    struct channel *c = sandbox_channel(r->sandbox);

    *ns = 0;
    f.pass = "in a timed pass; the checked pass was ok";
    c->may_spin = r->setup.may_spin && kind != TIMED_COUNTED;
    if (!r->overhead_known)
        measure_overhead(r);
    oracle_reset(r->timed_oracle);
    bool good = pass(r, kind, ns, &f) &&
                (!is_lab(r) || inspect_strays(r, r->timed_oracle, &f));
    if (is_lab(r))
        replay_note_footprint(r, r->timed_oracle, out);
    diagnose_conclude(r, r->timed_oracle, &f, out);
    if (good)
        replay_release(r, COMMAND_TIMED);
    if (*ns < (double)r->setup.trace->op_count / 10)
        *ns = (double)r->setup.trace->op_count / 10; /* clock resolution */
    return good;
}

bool replay_passes(struct replay *r, bool timed, struct outcome *out)
{
    static const enum timed_kind kinds[] = {TIMED_COUNTED, TIMED_PLAIN,
                                            TIMED_PLAIN, TIMED_CANARY,
                                            TIMED_COUNTED};
    bool good = replay_checked(r, out);
    double ns;

    for (size_t i = 0; timed && good && i < sizeof kinds / sizeof *kinds; i++)
        good = replay_timed(r, kinds[i], &ns, out);
    return good;
}
