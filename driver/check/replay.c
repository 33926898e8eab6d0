/*
 * replay.c - the checked pass: batch by batch,
 *
 *     feed      copy operations into the channel, skipping refused blocks
 *     call      the worker carries them out
 *     digest    apply the heap's events and the log of addresses, in order, to
 *               the oracle: the first operation that is wrong ends the pass
 *     inspect   check contents in the shared heap
 *
 * The worker stops a batch early if it finds a fault. A fault that the oracle
 * finds at an earlier operation goes first.
 */
#include "base/fatal.h"
#include "base/random.h"
#include "replay_parts.h"
#include "describe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    INSPECT_BYTES = 1 << 18, /* checked after a batch, */
    INSPECT_SHORT = 1 << 13  /* and after a short one */
};

/*
 * Bytes that count beside heap and mappings: static data, or in a jail what was
 * seen outside memlib. The anonymous memory of a malloc has all of it.
 */
static uint64_t counted_beside(const struct replay *r)
{
    size_t fixed = r->setup.allocator->object.static_bytes;

    if (!is_lab(r))
        return 0;
    if (r->watched)
        return r->outside;
    return fixed > STATIC_ALLOWANCE ? fixed - STATIC_ALLOWANCE : 0;
}

void replay_note_footprint(struct replay *r, const struct oracle *o,
                           struct outcome *out)
{
    uint64_t counted = counted_beside(r);

    if (counted > out->static_counted)
        out->static_counted = counted;
    if (o->footprint + counted > out->footprint)
        out->footprint = o->footprint + counted;
}

/* ---- The checked pass. ---- */

/* From here on the allocator's instructions count. */
static void note_count(struct replay *r)
{
    r->counted.at_init = counter_read(r->setup.counter);
    r->counted.own_at_init = counter_read_own(r->setup.counter);
    r->counted.cpu_at_init = process_cpu_seconds(sandbox_process(r->sandbox));
}

struct ending replay_empty(struct replay *r)
{
    struct ending e = sandbox_call(r->sandbox, COMMAND_RESET, 0, 0);

    if (r->setup.counter)
        note_count(r);
    return e;
}

bool replay_begin(struct replay *r, struct oracle *o, struct finding *f)
{
    sandbox_begin_pass(r->sandbox);
    if (!is_done(&r->load))
        return diagnose_start(r, &r->load, o, AT_LOADING, f);
    struct ending e = replay_empty(r);
    if (!replay_digest_init(r, o, f))
        return false;
    if (is_done(&e))
        e = sandbox_call(r->sandbox, COMMAND_INIT, 0, 0);
    if (!replay_digest_init(r, o, f))
        return false;
    if (e.verdict == VERDICT_INIT_FAILED && r->setup.fail_at &&
        o->refusals > 0) {
        e = sandbox_call(r->sandbox, COMMAND_INIT, 0, 0);
        if (!replay_digest_init(r, o, f))
            return false;
    }
    if (!is_done(&e))
        return diagnose_start(r, &e, o, AT_INIT, f);
    if (r->setup.allocator->kind == WORKER_SYSTEM)
        r->anonymous = process_anonymous_bytes(sandbox_process(r->sandbox));
    return true;
}

/* With --fail-sbrk a refused operation is no fault: count it. */
static bool accept_refusal(struct replay *r, struct finding *f,
                           struct outcome *out)
{
    if (!r->setup.fail_at || f->verdict != VERDICT_NO_MEMORY)
        return false;
    *f = finding_none();
    out->ops_refused++;
    return true;
}

/*
 * Are resident pages counted after operation last? Yes at the segment peaks of
 * the trace, or anywhere in a trace that is being made and has none yet.
 */
static bool is_measured_at(const struct replay *r, uint64_t last)
{
    const struct trace *t = r->setup.trace;

    return t->segment_count == 0 || (r->segment < t->segment_count &&
                                     t->segment_peak[r->segment] == last);
}

/*
 * The footprint of a malloc of the system is its resident memory. To count many
 * pages takes long, so they are counted only if the payload has risen since.
 */
static void measure_resident(struct replay *r, uint64_t last)
{
    if (!is_measured_at(r, last) || r->oracle->payload <= r->lowest_payload)
        return;
    uint64_t bytes = process_anonymous_bytes(sandbox_process(r->sandbox));

    r->lowest_payload = r->oracle->payload;
    r->oracle->mapped = bytes > r->anonymous ? bytes - r->anonymous : 0;
    if (r->oracle->mapped > r->oracle->footprint)
        r->oracle->footprint = r->oracle->mapped;
}

/*
 * Replay the batch [first, first + *count). *count becomes the number of
 * operations that are done, among them a refused one.
 */
static bool check_batch(struct replay *r, uint64_t first, uint32_t *count,
                        struct finding *f, struct outcome *out)
{
    uint32_t done, asked = *count;

    replay_feed(r, r->oracle, first, asked);
    struct ending e = sandbox_call(r->sandbox, COMMAND_CHECKED, asked, first);
    if (e.verdict == VERDICT_TAMPERED)
        return diagnose_tampering(r, &e, first, asked, f);
    bool good = replay_digest(r, r->oracle, first, asked, &done, f);
    if (!good && accept_refusal(r, f, out)) {
        *count = done + 1;
        return true;
    }
    *count = done;
    if (!good)
        return false;
    if (e.stopped)
        return diagnose_stop(r, first, done, f);
    if (!worker_lives(&e))
        return diagnose_ending(r, &e, r->oracle, first + done, f);
    if (done < asked)
        return finding_text(f, VERDICT_TAMPERED, first + done,
                            "was never carried out");
    return true;
}

/* A random batch length; for a malloc of the system, up to a segment peak. */
static uint32_t next_count(struct replay *r, uint64_t first, uint64_t end)
{
    const struct trace *t = r->setup.trace;
    uint64_t size =
        CHANNEL_BATCH / 2 + random_below(&r->random, CHANNEL_BATCH / 2 + 1);
    if (is_untrusted(r))
        size = short_batch(r);
    uint32_t count = up_to(size, end - first);

    while (r->segment < t->segment_count && t->segment_peak[r->segment] < first)
        r->segment++;
    if (is_lab(r) || r->segment == t->segment_count)
        return count;
    return up_to(t->segment_peak[r->segment] + 1 - first, count);
}

/* Is the payload within the limit after operation index? If not, set *f. */
static bool stays_within_limit(const struct replay *r, uint64_t index,
                               struct finding *f)
{
    struct op op = r->setup.trace->ops[index];
    uint64_t others = r->oracle->payload - r->oracle->live[op_slot(op)].size;
    uint64_t limit = r->setup.heap_limit;
    char words[128];

    if (op_payload(op) <= limit - others)
        return true;
    snprintf(
        words, sizeof words,
        "was not carried out: %llu bytes would be live, of a limit of %llu",
        (unsigned long long)(others + op_payload(op)),
        (unsigned long long)limit);
    return finding_text(f, VERDICT_NO_MEMORY, index, words);
}

/*
 * A malloc of the system takes no memory from memlib, so the judge enforces the
 * heap limit; else the worker could use all memory of the machine. Shortens the
 * batch to operations after which the payload is within the limit even if
 * nothing is freed. False with *f set if the first operation exceeds the limit.
 */
static bool apply_limit(const struct replay *r, uint64_t first, uint32_t *count,
                        struct finding *f)
{
    const struct op *ops = r->setup.trace->ops + first;
    uint64_t payload = r->oracle->payload, limit = r->setup.heap_limit;
    uint32_t n = 0;

    if (is_lab(r))
        return true;
    while (n < *count && op_payload(ops[n]) <= limit - payload)
        payload += op_payload(ops[n++]);
    *count = n;
    if (n == 0 && stays_within_limit(r, first, f))
        *count = 1;
    return *count > 0;
}

static bool check_batches(struct replay *r, uint64_t end, struct finding *f,
                          struct outcome *out)
{
    uint32_t count;

    for (uint64_t op = out->ops_done; op < end; op += count) {
        count = next_count(r, op, end);
        bool good =
            apply_limit(r, op, &count, f) && check_batch(r, op, &count, f, out);

        out->ops_done = op + count;
        if (!good)
            return false;
        trace_release_pages(r->setup.trace, op, op + count);
        if (r->setup.allocator->kind == WORKER_SYSTEM && count > 0)
            measure_resident(r, op + count - 1);
        if (is_lab(r) && !inspect_contents(r, op + count - (count > 0),
                                           count > SHORT_BATCH ? INSPECT_BYTES
                                                               : INSPECT_SHORT,
                                           f))
            return false;
        if (count > 0 && !inspect_at_random(r, r->oracle, op + count, count, f))
            return false;
    }
    return true;
}

static bool check_end(struct replay *r, struct finding *f)
{
    uint64_t last = r->setup.trace->op_count - 1;

    return !is_lab(r) ||
           (inspect_contents(r, last, UINT64_MAX, f) &&
            inspect_strays(r, r->oracle, f) && inspect_files(r, f) &&
            inspect_worker(r, r->oracle, NO_OP, f));
}

static void note_exports(struct replay *r, struct outcome *out)
{
    out->calloc_emulated = !r->has_calloc;
    out->memalign_emulated = !r->has_memalign;
    memcpy(out->team, r->team, sizeof out->team);
}

/* A right verdict does not hide that the allocator read past its heap. */
static void note_overreach(struct replay *r, struct outcome *out)
{
    const struct overreach *o = &sandbox_channel(r->sandbox)->overreach;

    if (out->verdict == VERDICT_OK && o->access.signal != 0)
        describe_overreach(o, r->setup.trace, r->oracle->base, out->note,
                           sizeof out->note);
}

/* Make the frees of the slots that are live after the last operation. */
static void find_leftover(struct replay *r)
{
    const struct trace *t = r->setup.trace;
    bool *live = check_alloc(calloc(t->slot_count + 1, sizeof *live));

    for (uint64_t i = 0; i < t->op_count; i++) {
        if (op_begins(t->ops[i]) || op_ends(t->ops[i]))
            live[op_slot(t->ops[i])] = op_begins(t->ops[i]);
        trace_release_before(t, i);
    }
    r->leftover =
        check_alloc(malloc((t->slot_count + 1) * sizeof *r->leftover));
    for (uint32_t slot = 0; slot < t->slot_count; slot++)
        if (live[slot])
            r->leftover[r->leftover_count++] = op_make(OP_FREE, slot, 0, 0);
    free(live);
}

void replay_release(struct replay *r, enum command command)
{
    uint32_t count;

    if (r->setup.allocator->kind != WORKER_SYSTEM)
        return;
    if (!r->leftover)
        find_leftover(r);
    sandbox_begin_pass(r->sandbox);
    for (uint32_t done = 0; done < r->leftover_count; done += count) {
        count = up_to(CHANNEL_BATCH, r->leftover_count - done);
        memcpy(sandbox_steps(r->sandbox), r->leftover + done,
               count * sizeof *r->leftover);
        sandbox_call(r->sandbox, command, count, 0);
    }
}

bool replay_start(struct replay *r, struct outcome *out)
{
    *out = (struct outcome){.verdict = VERDICT_OK};
    replay_renew(r);
    r->finding = finding_none();
    r->segment = 0;
    r->lowest_payload = 0;
    sandbox_channel(r->sandbox)->overreach.access.signal = 0;
    for (int i = 0; i < REPLAY_OBSERVERS; i++)
        if (r->setup.observers[i].begin)
            r->setup.observers[i].begin(r->setup.observers[i].context,
                                        &r->setup);
    r->good = replay_begin(r, r->oracle, &r->finding);
    return r->good;
}

bool replay_advance(struct replay *r, uint64_t end, struct outcome *out)
{
    replay_set_audits(r);
    r->good = r->good && check_batches(r, end, &r->finding, out);
    return r->good;
}

bool replay_finish(struct replay *r, struct outcome *out)
{
    r->good = r->good && check_end(r, &r->finding);
    note_exports(r, out);
    replay_note_footprint(r, r->oracle, out);
    out->placement = r->oracle->placement;
    out->outside_used = r->outside_used;
    out->requests_refused = r->oracle->refusals;
    diagnose_conclude(r, r->oracle, &r->finding, out);
    note_overreach(r, out);
    if (r->good)
        replay_release(r, COMMAND_CHECKED);
    return r->good;
}

void replay_restart_clock(struct replay *r)
{
    sandbox_begin_pass(r->sandbox);
}

double replay_seconds(const struct replay *r)
{
    return sandbox_seconds_used(r->sandbox);
}

uint64_t replay_stopped_at(const struct replay *r)
{
    return r->finding.op;
}

const struct oracle *replay_oracle(const struct replay *r)
{
    return r->oracle;
}

bool replay_checked(struct replay *r, struct outcome *out)
{
    if (replay_start(r, out))
        replay_advance(r, r->setup.trace->op_count, out);
    return replay_finish(r, out);
}
