/*
 * replay_timed.c - the pass that only calls.
 *
 * The time is the CPU time of the worker's thread between the loop's start and
 * its end, read by the worker from the kernel. A trace that fits into a batch
 * is replayed once just before, unmeasured, so that caches and predictors know
 * it. In some passes the worker is made to sleep between batches and the kernel
 * is asked from outside how much CPU time the whole process has used: an answer
 * of the worker's that does not fit is forged, or work was done elsewhere.
 */
#include "base/random.h"
#include "replay_parts.h"
#include "base/summary.h"

#include <stdio.h>

enum {
    CANARY_BATCHES = 24, /* of a painted pass, at least */
    OVERHEAD_CALLS = 31, /* empty batches to take the cost of one from */
    COUNTED_TRIES = 6,   /* counted passes, before a clock is disbelieved */
    SLACK_NS = 100000    /* a turn may cost, outside the loop */
};

/* ---- Where batches end. ---- */

/*
 * A painted pass has many short batches, and a boundary before and behind a
 * realloc that is known to move its block: paint before it, look behind it.
 */
static uint64_t choose_spot(struct replay *r)
{
    uint64_t known = up_to(MOVED, r->moved_count);

    if (known > 0)
        return r->moved[random_below(&r->random, known)];
    return random_below(&r->random, r->setup.trace->op_count);
}

static bool is_short(const struct replay *r)
{
    return r->setup.trace->op_count <= CHANNEL_BATCH;
}

static uint32_t timed_count(struct replay *r, uint64_t first)
{
    uint64_t size =
        CHANNEL_BATCH / 2 + random_below(&r->random, CHANNEL_BATCH / 2 + 1);

    return up_to(is_short(r) ? CHANNEL_BATCH : size,
                 r->setup.trace->op_count - first);
}

static uint32_t canary_count(struct replay *r, uint64_t first, uint64_t spot)
{
    uint64_t all = r->setup.trace->op_count, left = all - first;
    uint64_t size = 1 + random_below(&r->random, all / CANARY_BATCHES + 1);

    if (first < spot && spot - first < left)
        left = spot - first;
    else if (first == spot)
        left = 1;
    return up_to(size < CHANNEL_BATCH ? size : CHANNEL_BATCH, left);
}

/* ---- Batches. ---- */

static bool time_batch(struct replay *r, uint64_t first, uint32_t count,
                       double *ns, struct finding *f)
{
    uint32_t done;

    replay_feed(r, r->later, first, count);
    struct ending e = sandbox_call(r->sandbox, COMMAND_TIMED, count, first);
    *ns += (double)sandbox_cpu_ns(r->sandbox) - r->overhead;
    if (e.verdict == VERDICT_TAMPERED)
        return diagnose_tampering(r, &e, first, count, f);
    if (r->setup.allocator->kind == WORKER_NULL)
        return true;
    if (!replay_digest(r, r->later, first, count, &done, f))
        return false;
    if (!worker_lives(&e))
        return diagnose_ending(r, &e, r->later, first + done, f);
    return done == count || finding_text(f, VERDICT_TAMPERED, first + done,
                                         "was never carried out");
}

static bool time_batches(struct replay *r, double *ns, struct finding *f)
{
    uint32_t count;

    for (uint64_t op = 0; op < r->setup.trace->op_count; op += count) {
        count = timed_count(r, op);
        if (!time_batch(r, op, count, ns, f))
            return false;
        trace_release_pages(r->setup.trace, op, op + count);
    }
    return true;
}

static bool canary_batches(struct replay *r, struct finding *f)
{
    const struct op *ops = r->setup.trace->ops;
    uint64_t spot = choose_spot(r);
    uint32_t count;
    double ns = 0;

    for (uint64_t op = 0; op < r->setup.trace->op_count; op += count) {
        count = canary_count(r, op, spot);
        canary_write(r->canary, op_slot(ops[op]));
        if (!time_batch(r, op, count, &ns, f) ||
            !canary_check(r->canary, ops, op, count, f))
            return false;
        trace_release_pages(r->setup.trace, op, op + count);
    }
    return true;
}

/* ---- What surrounds them. ---- */

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

/* Once, before the first timed pass. */
static void prepare(struct replay *r)
{
    sandbox_begin_pass(r->sandbox);
    r->overhead = empty_batch_ns(r->sandbox);
    r->prepared = true;
}

/* Replay a short trace without a look at it. */
static bool warm_up(struct replay *r, struct finding *f)
{
    uint32_t count = (uint32_t)r->setup.trace->op_count;

    if (!is_short(r))
        return true;
    if (!replay_begin(r, r->later, f))
        return false;
    replay_feed(r, r->later, 0, count);
    struct ending e = sandbox_call(r->sandbox, COMMAND_TIMED, count, 0);
    if (!is_done(&e)) {
        uint32_t done;

        return replay_digest(r, r->later, 0, count, &done, f) &&
               diagnose_ending(r, &e, r->later, done, f);
    }
    oracle_reset(r->later);
    replay_release(r, COMMAND_TIMED);
    return true;
}

/* Does the time that the worker tells fit what the kernel has counted? */
static bool time_is_true(const struct replay *r, double told, double counted)
{
    double turns = (double)r->setup.trace->op_count / CHANNEL_BATCH * 2 + 1;

    return told > counted / 2 - turns * SLACK_NS;
}

static bool diagnose_clock(double told, double counted, struct finding *f)
{
    finding_at(f, VERDICT_TAMPERED, AT_END, "");
    snprintf(f->detail, sizeof f->detail,
             "its clock tells %.0f ns of CPU time, the kernel has counted "
             "%.0f: work was done where it is not timed",
             told, counted);
    return false;
}

/*
 * The kernel charges a process for interrupts that are not its own. These come
 * and go, work done elsewhere is done in every pass: one pass whose times fit
 * clears the worker.
 */
static bool count_batches(struct replay *r, double *ns, struct finding *f)
{
    const struct process *worker = sandbox_process(r->sandbox);
    double counted = 0;

    for (int i = 0; i < COUNTED_TRIES; i++) {
        if (i > 0) {
            replay_release(r, COMMAND_TIMED);
            oracle_reset(r->later);
            if (!replay_begin(r, r->later, f))
                return false;
        }
        *ns = 0;
        double start = (double)process_cpu_ns(worker);
        if (!time_batches(r, ns, f))
            return false;
        counted = (double)process_cpu_ns(worker) - start;
        if (time_is_true(r, *ns, counted))
            return true;
    }
    return diagnose_clock(*ns, counted, f);
}

static bool pass(struct replay *r, enum timed_kind kind, double *ns,
                 struct finding *f)
{
    if (kind == TIMED_PLAIN && !warm_up(r, f))
        return false;
    if (!replay_begin(r, r->later, f))
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
    f.pass = "in a timed pass, after the checked one was passed";
    c->may_spin = r->setup.may_spin && kind != TIMED_COUNTED;
    if (!r->prepared)
        prepare(r);
    oracle_reset(r->later);
    bool good = pass(r, kind, ns, &f) &&
                (!is_lab(r) || inspect_strays(r, r->later, &f));
    if (is_lab(r))
        replay_note_footprint(r, r->later, out);
    diagnose_conclude(r, r->later, &f, out);
    if (good)
        replay_release(r, COMMAND_TIMED);
    if (*ns < (double)r->setup.trace->op_count / 10)
        *ns = (double)r->setup.trace->op_count / 10; /* below its resolution */
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
