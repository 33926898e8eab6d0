/*
 * replay_timed.c - the timed pass.
 *
 * The time is the kernel's count of the worker's CPU time, from the end of
 * mm_init to the end of the last batch, whatever the worker does meanwhile and
 * whichever side has the turn. The cost of handing over is a part of it, and of
 * the null allocator's time, which --net subtracts. A trace that fits into one
 * batch is first replayed once untimed, to warm up caches and predictors.
 *
 * An allocator that is not trusted begins each pass in a worker of its own. It
 * has no warm-up, from which it could know the trace, and cannot tell a canary
 * pass by the length of its batches.
 */
#include "base/random.h"
#include "replay_parts.h"

#include <stdio.h>

enum {
    CANARY_BATCHES = 24, /* the fewest batches of a canary pass, */
    ALIKE_BATCHES = 8    /* and of any timed pass without trust */
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

static uint32_t timed_count(struct replay *r, uint64_t first)
{
    uint64_t size =
        CHANNEL_BATCH / 2 + random_below(&r->random, CHANNEL_BATCH / 2 + 1);

    return up_to(is_short(r) ? CHANNEL_BATCH : size,
                 r->setup.trace->op_count - first);
}

static uint32_t canary_count(struct replay *r, uint64_t first, uint64_t single)
{
    uint64_t all = r->setup.trace->op_count, left = all - first;
    uint64_t most =
        all / (r->setup.untrusted ? ALIKE_BATCHES : CANARY_BATCHES) + 1;
    uint64_t size = 1 + random_below(&r->random, most);

    if (first < single && single - first < left)
        left = single - first;
    else if (first == single)
        left = 1;
    return up_to(size < CHANNEL_BATCH ? size : CHANNEL_BATCH, left);
}

/* ---- Batches. ---- */

static bool time_batch(struct replay *r, uint64_t first, uint32_t count,
                       struct finding *f)
{
    return replay_call(r, COMMAND_TIMED, first, count, f) &&
           inspect_at_random(r, r->timed_oracle, first + count, count, f);
}

static bool run_batches(struct replay *r, enum timed_kind kind,
                        struct finding *f)
{
    const struct op *ops = r->setup.trace->ops;
    bool canary = kind == TIMED_CANARY && is_lab(r);
    uint64_t single = choose_single(r);
    uint32_t count;

    for (uint64_t op = 0; op < r->setup.trace->op_count; op += count) {
        count = canary || r->setup.untrusted ? canary_count(r, op, single)
                                             : timed_count(r, op);
        if (canary)
            canary_write(r->canary, op_slot(ops[op]));
        if (!time_batch(r, op, count, f) ||
            (canary && !canary_check(r->canary, ops, op, count, f)))
            return false;
        trace_release_pages(r->setup.trace, op, op + count);
    }
    return true;
}

/* ---- Passes. ---- */

/* Replay a short trace untimed. */
static bool warm_up(struct replay *r, struct finding *f)
{
    uint32_t count = (uint32_t)r->setup.trace->op_count;

    if (!is_short(r) || r->setup.untrusted)
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

static bool pass(struct replay *r, enum timed_kind kind, double *ns,
                 struct finding *f)
{
    if (kind == TIMED_PLAIN && !warm_up(r, f))
        return false;
    if (!replay_begin(r, r->timed_oracle, f))
        return false;
    uint64_t start = sandbox_cpu_ns(r->sandbox);
    if (!run_batches(r, kind, f))
        return false;
    *ns = (double)(sandbox_cpu_ns(r->sandbox) - start);
    return !is_lab(r) || (inspect_strays(r, r->timed_oracle, f) &&
                          inspect_worker(r, r->timed_oracle, NO_OP, f));
}

bool replay_timed(struct replay *r, enum timed_kind kind, double *ns,
                  struct outcome *out)
{
    struct finding f = finding_none();

    *ns = 0;
    f.pass = "in a timed pass; the checked pass was ok";
    replay_renew(r);
    oracle_reset(r->timed_oracle);
    r->good = pass(r, kind, ns, &f);
    if (is_lab(r))
        replay_note_footprint(r, r->timed_oracle, out);
    diagnose_conclude(r, r->timed_oracle, &f, out);
    if (r->good)
        replay_release(r, COMMAND_TIMED);
    if (*ns < (double)r->setup.trace->op_count / 10)
        *ns = (double)r->setup.trace->op_count / 10; /* clock resolution */
    return r->good;
}

bool replay_passes(struct replay *r, bool timed, struct outcome *out)
{
    static const enum timed_kind kinds[] = {TIMED_PLAIN, TIMED_PLAIN,
                                            TIMED_CANARY, TIMED_PLAIN};
    bool good = replay_checked(r, out);
    double ns;

    for (size_t i = 0; timed && good && i < sizeof kinds / sizeof *kinds; i++)
        good = replay_timed(r, kinds[i], &ns, out);
    return good;
}
