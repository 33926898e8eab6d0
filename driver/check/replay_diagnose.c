/*
 * replay_diagnose.c - the fault, the operation at fault, the command to see it.
 */
#define _GNU_SOURCE
#include "describe.h"
#include "worker/pattern.h"
#include "replay_parts.h"

#include <stdio.h>
#include <string.h>

bool diagnose_ending(const struct replay *r, const struct ending *e,
                     const struct oracle *o, uint64_t op, struct finding *f)
{
    switch (e->verdict) {
    case VERDICT_LOAD_FAILED:
        snprintf(f->detail, sizeof f->detail, "failed: %s", e->text);
        return finding_set(f, VERDICT_LOAD_FAILED, op);
    case VERDICT_INIT_FAILED:
        return finding_text(f, VERDICT_INIT_FAILED, op, "reported failure");
    case VERDICT_CRASHED:
        describe_crash(f, e, r->setup.trace, o);
        return finding_set(f, VERDICT_CRASHED, op);
    case VERDICT_EXITED:
        snprintf(f->detail, sizeof f->detail,
                 "ended the process, with exit status %d", e->status);
        return finding_set(f, VERDICT_EXITED, op);
    case VERDICT_HUNG:
        snprintf(f->detail, sizeof f->detail,
                 "has not returned; the time limit is %g seconds",
                 r->setup.time_limit);
        if (e->text[0])
            snprintf(f->detail, sizeof f->detail, "%s", e->text);
        return finding_set(f, VERDICT_HUNG, op);
    case VERDICT_TOO_SLOW:
        snprintf(f->detail, sizeof f->detail,
                 "was reached when the time limit of %g seconds passed: "
                 "operation %llu of %llu",
                 r->setup.time_limit, (unsigned long long)op + 1,
                 (unsigned long long)r->setup.trace->op_count);
        if (e->text[0])
            snprintf(f->detail, sizeof f->detail, "%s", e->text);
        return finding_set(f, VERDICT_TOO_SLOW, op);
    default:
        return finding_text(f, VERDICT_TAMPERED, op, e->text);
    }
}

bool diagnose_start(const struct replay *r, const struct ending *e,
                    const struct oracle *o, enum moment moment,
                    struct finding *f)
{
    f->moment = moment;
    return diagnose_ending(r, e, o, NO_OP, f);
}

bool diagnose_tampering(const struct replay *r, const struct ending *e,
                        uint64_t first, uint32_t count, struct finding *f)
{
    uint32_t done = sandbox_steps_done(r->sandbox, count);

    return finding_text(f, VERDICT_TAMPERED,
                        first + (done < count ? done : count - 1), e->text);
}

/* ---- A worker that stopped because it found a fault. ---- */

static bool in_payload(uint32_t verdict)
{
    return verdict == VERDICT_DATA_LOST || verdict == VERDICT_NOT_ZEROED;
}

/* A true stop is at the last step that has returned, or at the next. */
bool diagnose_stop(const struct replay *r, uint64_t first, uint32_t done,
                   struct finding *f)
{
    static const char overwrote[] = "overwrote the driver's own memory";
    struct stop stop = sandbox_channel(r->sandbox)->stop;
    uint64_t index = first + stop.step;

    if (stop.step >= CHANNEL_BATCH || index >= r->setup.trace->op_count)
        return finding_text(f, VERDICT_TAMPERED, first + done, overwrote);
    const struct live *l =
        &r->oracle->live[op_slot(r->setup.trace->ops[index])];
    if (stop.step > done ||
        (in_payload(stop.verdict) && stop.offset >= l->size))
        return finding_text(f, VERDICT_TAMPERED, first + done, overwrote);
    uint64_t seed = pattern_seed(r->secret, l->birth);
    switch (stop.verdict) {
    case VERDICT_DATA_LOST:
        f->expected = pattern_byte(seed, stop.offset);
        if (stop.moved)
            f->culprit = index;
        return finding_in_block(f, VERDICT_DATA_LOST, index, l, stop.offset,
                                stop.value);
    case VERDICT_NOT_ZEROED:
        return finding_in_block(f, VERDICT_NOT_ZEROED, index, l, stop.offset,
                                stop.value);
    case VERDICT_WROTE_PAST_HEAP:
        f->address = r->oracle->base + stop.offset;
        f->value = stop.value;
        return finding_set(f, VERDICT_WROTE_PAST_HEAP, index);
    case VERDICT_BAD_HEAP:
        f->value = stop.value;
        return finding_set(f, VERDICT_BAD_HEAP, index);
    case VERDICT_TAMPERED:
        return finding_text(f, VERDICT_TAMPERED, index,
                            "did not return exactly once: is it longjmp?");
    default:
        return finding_text(f, VERDICT_TAMPERED, index, overwrote);
    }
}

/* ---- The operation that wrote the wrong byte. ---- */

/* Replay up to operation last; returns which one wrote the byte, or NO_OP. */
static uint64_t watch_replay(struct replay *r, uint64_t last)
{
    uint64_t count;

    struct ending e = replay_empty(r);

    if (is_done(&e))
        e = sandbox_call(r->sandbox, COMMAND_INIT, 0, 0);
    if (!is_done(&e))
        return NO_OP;
    for (uint64_t first = 0; first <= last; first += count) {
        count =
            last + 1 - first < CHANNEL_BATCH ? last + 1 - first : CHANNEL_BATCH;
        replay_feed(r, r->oracle, first, (uint32_t)count);
        e = sandbox_call(r->sandbox, COMMAND_CHECKED, (uint32_t)count, first);
        struct stop stop = sandbox_channel(r->sandbox)->stop;
        if (e.stopped && stop.watched)
            return first + stop.step;
        if (!is_done(&e))
            return NO_OP;
    }
    return NO_OP;
}

/* Set *w to the wrong byte: in a block, by slot and offset, or outside. */
static bool choose_watch(const struct replay *r, const struct finding *f,
                         struct watchpoint *w)
{
    const struct trace *t = r->setup.trace;

    if (f->verdict == VERDICT_WROTE_PAST_HEAP && f->moment == AT_END) {
        *w = (struct watchpoint){.offset = f->address - r->oracle->base,
                                 .slot = WATCHPOINT_OUTSIDE,
                                 .active = 1};
        return true;
    }
    if (f->verdict != VERDICT_DATA_LOST || f->placed >= t->op_count)
        return false;
    uint32_t slot = op_slot(t->ops[f->placed]);
    *w = (struct watchpoint){.from = r->oracle->live[slot].birth,
                             .offset = f->offset,
                             .slot = slot,
                             .active = 1,
                             .expected = (uint8_t)f->expected};
    return true;
}

void diagnose_culprit(const struct replay *r, struct finding *f)
{
    struct replay_setup setup = r->setup;
    uint64_t last = f->op != NO_OP ? f->op : setup.trace->op_count - 1;
    struct watchpoint watch;

    if (setup.in_process || setup.verdict_only || setup.fail_at ||
        f->culprit != NO_OP || !choose_watch(r, f, &watch))
        return;
    memset(setup.observers, 0, sizeof setup.observers);
    struct replay *second = replay_open(&setup);
    sandbox_channel(second->sandbox)->watchpoint = watch;
    if (is_done(&second->load))
        f->culprit = watch_replay(second, last);
    replay_close(second);
}

/* ---- The outcome. ---- */

void diagnose_conclude(const struct replay *r, const struct oracle *o,
                       struct finding *f, struct outcome *out)
{
    out->verdict = f->verdict;
    if (f->verdict == VERDICT_OK)
        return;
    out->verdict_in_timed_pass = o->lenient;
    if (!o->lenient)
        diagnose_culprit(r, f);
    describe_finding(f, r->setup.trace, o, out->message, sizeof out->message);
    if (f->op != NO_OP)
        out->line = trace_line(r->setup.trace, f->op);
    if (is_lab(r) && f->verdict != VERDICT_LOAD_FAILED && r->setup.reproduce)
        r->setup.reproduce(&r->setup, f->culprit != NO_OP ? f->culprit : f->op,
                           o->lenient, out);
}
