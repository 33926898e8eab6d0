/*
 * replay.c - feed a trace to a worker batch by batch, and digest what comes
 * back.
 *
 *     feed      copy operations into the channel, skipping refused blocks
 *     call      the worker carries them out
 *     digest    apply the heap's events and the log of addresses, in order, to
 *               the oracle: the first operation that is wrong ends the pass
 *     visit     at the batch's end look into the shared heap itself
 *
 * The worker stops early where it sees something. That is its claim: what the
 * oracle finds at an earlier operation comes first.
 */
#include "complain.h"
#include "random.h"
#include "replay_parts.h"
#include "spread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAINTED_BATCHES = 24, /* of a painted pass, at least; twice that on average */
    OVERHEAD_CALLS = 15,  /* empty turns to take the cost of one from */
    VISIT_BYTES = 1 << 18 /* contents looked at after a batch, and ... */
};

/* ---- Opening and closing. ---- */

static struct sandbox *open_sandbox(const struct replay_setup *setup)
{
    struct sandbox_setup s = {
        .allocator = setup->allocator,
        .heap_limit = setup->heap_limit,
        .align = setup->align,
        .slot_count = setup->trace->slot_count,
        .in_process = setup->in_process,
        .cpu = setup->cpu,
        .time_limit = setup->time_limit,
        .label = setup->allocator->name,
    };

    return sandbox_open(&s);
}

static struct oracle *open_oracle(struct replay *r, bool lenient)
{
    struct oracle_setup s = {
        .align = r->setup.align,
        .bounded = is_lab(r),
        .lenient = lenient,
        .base = sandbox_channel(r->sandbox)->heap_base,
        .limit = r->setup.heap_limit,
        .slot_count = r->setup.trace->slot_count,
    };

    return oracle_new(&s);
}

static double turn_overhead(struct sandbox *s)
{
    double ns[OVERHEAD_CALLS];

    for (int i = 0; i < OVERHEAD_CALLS; i++) {
        if (sandbox_call(s, COMMAND_EMPTY, 0, 0).kind != ENDED_DONE)
            return 0;
        ns[i] = (double)sandbox_cpu_ns(s);
    }
    return spread_of(ns, OVERHEAD_CALLS).median;
}

/* How often the worker audits, in operations: level 0 only after the last. */
static uint32_t audit_interval(const struct replay_setup *setup)
{
    uint64_t count = setup->trace->op_count;

    if (setup->debug >= 2)
        return 1;
    if (setup->debug == 1)
        return (uint32_t)(count / 100 + 1);
    return count > UINT32_MAX ? 0 : (uint32_t)count;
}

struct replay *replay_open(const struct replay_setup *setup)
{
    struct replay *r = need(calloc(1, sizeof *r));

    r->setup = *setup;
    r->random = setup->seed;
    r->secret = random_next(&r->random);
    r->sandbox = open_sandbox(setup);
    struct channel *c = sandbox_channel(r->sandbox);
    c->secret = r->secret;
    c->audit_every = audit_interval(setup);
    c->stop_at = setup->stop_at;
    r->oracle = open_oracle(r, false);
    r->later = open_oracle(r, true);
    r->painter = painter_new(r->later, sandbox_heap(r->sandbox),
                             random_next(&r->random));
    r->load = sandbox_call(r->sandbox, COMMAND_LOAD, 0, 0);
    r->has_memalign = c->has_memalign != 0;
    c->account.fail_at = setup->fail_at;
    return r;
}

void replay_close(struct replay *r)
{
    if (!r)
        return;
    painter_delete(r->painter);
    oracle_delete(r->oracle);
    oracle_delete(r->later);
    sandbox_close(r->sandbox);
    free(r);
}

static bool worker_lives(const struct ending *e)
{
    return e->kind == ENDED_DONE || e->kind == ENDED_STOPPED;
}

/* What counts as footprint: the larger of what was measured so far. */
static void account(struct replay *r, const struct oracle *o,
                    struct outcome *out)
{
    size_t fixed = r->setup.allocator->static_bytes;
    uint64_t counted = fixed > STATIC_ALLOWANCE ? fixed - STATIC_ALLOWANCE : 0;

    if (!is_lab(r))
        counted = 0; /* its static data is in what was measured */
    out->static_counted = counted;
    if (o->footprint + counted > out->footprint)
        out->footprint = o->footprint + counted;
}

/* ---- The checked pass. ---- */

/* mm_init; where a request was made to fail it has a second try. */
static bool begin_pass(struct replay *r, struct oracle *o, struct finding *f)
{
    sandbox_begin_pass(r->sandbox);
    if (r->load.kind != ENDED_DONE)
        return blame_start(r, &r->load, o, AT_LOADING, f);
    struct ending e = sandbox_call(r->sandbox, COMMAND_RESET, 0, 0);
    replay_digest_init(r, o);
    if (e.kind == ENDED_INIT_FAILED && r->setup.fail_at && o->refusals > 0) {
        e = sandbox_call(r->sandbox, COMMAND_INIT, 0, 0);
        replay_digest_init(r, o);
    }
    if (e.kind != ENDED_DONE)
        return blame_start(r, &e, o, AT_INIT, f);
    if (r->setup.allocator->kind == WORKER_SYSTEM)
        r->anonymous = sandbox_anonymous_bytes(r->sandbox);
    return true;
}

/* Under --fail-sbrk a refused operation is no fault: note it and go on. */
static bool forgive(struct replay *r, struct finding *f, struct outcome *out)
{
    if (!r->setup.fail_at || f->verdict != VERDICT_NO_MEMORY)
        return false;
    *f = finding_none();
    out->ops_refused++;
    return true;
}

/* A malloc of the system: what it has made resident is its footprint. */
static void measure_resident(struct replay *r)
{
    uint64_t bytes = sandbox_anonymous_bytes(r->sandbox);

    r->oracle->mapped = bytes > r->anonymous ? bytes - r->anonymous : 0;
    if (r->oracle->mapped > r->oracle->footprint)
        r->oracle->footprint = r->oracle->mapped;
}

/*
 * Carry out the batch [first, first + *count); *count becomes the number of
 * operations that are done with.
 */
static bool check_batch(struct replay *r, uint64_t first, uint32_t *count,
                        struct finding *f, struct outcome *out)
{
    uint32_t done, asked = *count;

    replay_feed(r, r->oracle, first, asked);
    struct ending e = sandbox_call(r->sandbox, COMMAND_CHECKED, asked, first);
    if (e.kind == ENDED_TAMPERED)
        return blame_tampering(r, &e, first, asked, f);
    bool good = replay_digest(r, r->oracle, first, asked, &done, f);
    if (!good && forgive(r, f, out)) {
        *count = done + 1;
        return true;
    }
    *count = done;
    if (!good)
        return false;
    if (e.kind == ENDED_STOPPED)
        return blame_stop(r, first, done, f);
    if (!worker_lives(&e))
        return blame_ending(r, &e, r->oracle, first + done, f);
    if (done < asked)
        return finding_words(f, VERDICT_TAMPERED, first + done,
                           "was never carried out");
    return true;
}

static uint32_t up_to(uint64_t limit, uint64_t left)
{
    return (uint32_t)(left < limit ? left : limit);
}

/* A batch's length: random, and for the system's mallocs up to a crest. */
static uint32_t next_count(struct replay *r, uint64_t first, uint32_t *crest)
{
    const struct trace *t = r->setup.trace;
    uint64_t size = CHANNEL_BATCH / 2 +
                    random_below(&r->random, CHANNEL_BATCH / 2 + 1);
    uint32_t count = up_to(size, t->op_count - first);

    while (*crest < t->crest_count && t->crest[*crest] < first)
        ++*crest;
    if (is_lab(r) || *crest == t->crest_count)
        return count;
    return up_to(t->crest[*crest] + 1 - first, count);
}

static bool check_batches(struct replay *r, struct finding *f,
                          struct outcome *out)
{
    uint32_t crest = 0, count;

    for (uint64_t op = 0; op < r->setup.trace->op_count; op += count) {
        count = next_count(r, op, &crest);
        bool good = check_batch(r, op, &count, f, out);

        out->ops_done = op + count;
        if (!good)
            return false;
        if (r->setup.allocator->kind == WORKER_SYSTEM)
            measure_resident(r);
        if (is_lab(r) && !visit_contents(r, op + count - (count > 0),
                                        VISIT_BYTES, f))
            return false;
    }
    return true;
}

static bool check_end(struct replay *r, struct finding *f)
{
    uint64_t last = r->setup.trace->op_count - 1;

    return !is_lab(r) || (visit_contents(r, last, UINT64_MAX, f) &&
                          visit_strays(r, r->oracle, f) &&
                          visit_files(r, f));
}

static void note_abilities(struct replay *r, struct outcome *out)
{
    const struct channel *c = sandbox_channel(r->sandbox);

    out->calloc_emulated = !c->has_calloc;
    out->memalign_emulated = !c->has_memalign;
    if (r->load.kind == ENDED_DONE)
        snprintf(out->team, sizeof out->team, "%.*s",
                 (int)sizeof out->team - 1, c->text);
}

/* Free what the trace left, where no reset does it. Not timed. */
static void release(struct replay *r, struct oracle *o, enum command command)
{
    struct op *steps = sandbox_steps(r->sandbox);
    uint32_t count = 0;

    if (r->setup.allocator->kind != WORKER_SYSTEM)
        return;
    for (uint32_t slot = 0; slot < o->slot_count; slot++) {
        if (o->live[slot].in_use)
            steps[count++] = op_make(OP_FREE, slot, 0, 0);
        if (count < CHANNEL_BATCH && slot + 1 < o->slot_count)
            continue;
        sandbox_call(r->sandbox, command, count, 0);
        count = 0;
    }
}

bool replay_checked(struct replay *r, struct outcome *out)
{
    struct finding f = finding_none();

    *out = (struct outcome){.verdict = VERDICT_OK};
    if (r->setup.tape)
        tape_begin(r->setup.tape, r->setup.allocator->name, r->setup.trace);
    bool good = begin_pass(r, r->oracle, &f) && check_batches(r, &f, out) &&
                check_end(r, &f);
    note_abilities(r, out);
    account(r, r->oracle, out);
    out->requests_refused = r->oracle->refusals;
    blame_conclude(r, r->oracle, &f, out);
    if (good)
        release(r, r->oracle, COMMAND_CHECKED);
    return good;
}

/* ---- The timed pass. ---- */

/*
 * A painted pass has many short batches, and a boundary before and behind a
 * realloc that is known to move its block: paint before it, look behind it.
 */
static uint64_t choose_spot(struct replay *r)
{
    uint64_t known = r->moved_count < MOVED ? r->moved_count : MOVED;

    if (known > 0)
        return r->moved[random_below(&r->random, known)];
    return random_below(&r->random, r->setup.trace->op_count);
}

static uint32_t timed_count(struct replay *r, uint64_t first)
{
    uint64_t size = CHANNEL_BATCH / 2 +
                    random_below(&r->random, CHANNEL_BATCH / 2 + 1);

    return up_to(size, r->setup.trace->op_count - first);
}

static uint32_t painted_count(struct replay *r, uint64_t first, uint64_t spot)
{
    uint64_t all = r->setup.trace->op_count, left = all - first;
    uint64_t size = 1 + random_below(&r->random, all / PAINTED_BATCHES + 1);

    if (first < spot && spot - first < left)
        left = spot - first;
    else if (first == spot)
        left = 1;
    return up_to(size < CHANNEL_BATCH ? size : CHANNEL_BATCH, left);
}

static bool time_batch(struct replay *r, uint64_t first, uint32_t count,
                       double *ns, struct finding *f)
{
    uint32_t done;

    replay_feed(r, r->later, first, count);
    struct ending e = sandbox_call(r->sandbox, COMMAND_TIMED, count, first);
    *ns += (double)sandbox_cpu_ns(r->sandbox) - r->overhead;
    if (e.kind == ENDED_TAMPERED)
        return blame_tampering(r, &e, first, count, f);
    if (r->setup.allocator->kind == WORKER_NULL)
        return true;
    if (!replay_digest(r, r->later, first, count, &done, f))
        return false;
    if (!worker_lives(&e))
        return blame_ending(r, &e, r->later, first + done, f);
    return done == count || finding_words(f, VERDICT_TAMPERED, first + done,
                                        "was never carried out");
}

static bool time_batches(struct replay *r, bool paint, double *ns,
                         struct finding *f)
{
    uint64_t spot = choose_spot(r), end = r->setup.trace->op_count;
    uint32_t count;

    for (uint64_t first = 0; first < end; first += count) {
        count = paint ? painted_count(r, first, spot) : timed_count(r, first);
        if (paint)
            painter_paint(r->painter, op_slot(r->setup.trace->ops[first]));
        if (!time_batch(r, first, count, ns, f))
            return false;
        if (paint && !painter_check(r->painter, r->setup.trace->ops, first,
                                    count, f))
            return false;
    }
    return true;
}

/* The first timed pass: what does a turn cost, is the C library warm? */
static void prepare_timing(struct replay *r)
{
    if (r->overhead > 0)
        return;
    if (r->setup.allocator->kind == WORKER_SYSTEM)
        sandbox_call(r->sandbox, COMMAND_WARM, 0, 0);
    r->overhead = turn_overhead(r->sandbox);
}

bool replay_timed(struct replay *r, bool paint, double *ns,
                  struct outcome *out)
{
    struct finding f = finding_none();

    *ns = 0;
    f.pass = "in a timed pass, after the checked one was passed";
    prepare_timing(r);
    oracle_reset(r->later);
    sandbox_channel(r->sandbox)->watch.active = 0;
    bool good = begin_pass(r, r->later, &f) &&
                time_batches(r, paint && is_lab(r), ns, &f) &&
                (!is_lab(r) || visit_strays(r, r->later, &f));
    if (is_lab(r))
        account(r, r->later, out);
    blame_conclude(r, r->later, &f, out);
    if (good)
        release(r, r->later, COMMAND_TIMED);
    return good;
}
