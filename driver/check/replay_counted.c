/*
 * replay_counted.c - the counted pass: callgrind counts the instructions of the
 * calls, the judge verifies every address as in a timed pass.
 *
 * The batches are first carried out by the loop alone, without the allocator,
 * whose instructions are subtracted. Of a long trace only some stretches are
 * counted, for callgrind's instrumentation makes a program fifty times slower.
 */
#include "base/random.h"
#include "replay_parts.h"

#include <stdio.h>
#include <stdlib.h>

/* One command for the batch; false: *f has the fault. */
static bool call_batch(struct replay *r, enum command command, uint64_t first,
                       uint32_t count, struct finding *f)
{
    uint32_t done;

    replay_feed(r, r->timed_oracle, first, count);
    struct ending e = sandbox_call(r->sandbox, command, count, first);
    if (e.verdict == VERDICT_TAMPERED)
        return diagnose_tampering(r, &e, first, count, f);
    if (command == COMMAND_LOOP)
        return true;
    if (!replay_digest(r, r->timed_oracle, first, count, &done, f))
        return false;
    if (!worker_lives(&e))
        return diagnose_ending(r, &e, r->timed_oracle, first + done, f);
    return done == count || finding_text(f, VERDICT_TAMPERED, first + done,
                                         "was never carried out");
}

/* Have all batches carried out, and the count written. */
static bool count_batches(struct replay *r, enum command command,
                          uint64_t *instructions, struct finding *f)
{
    struct counter *counter = r->setup.counter;
    uint32_t count;

    for (uint64_t op = 0; op < r->setup.trace->op_count; op += count) {
        count = replay_timed_count(r, op);
        if (!call_batch(r, command, op, count, f))
            return false;
        trace_release_pages(r->setup.trace, op, op + count);
    }
    if (!counter_is_quiet(counter))
        return finding_at(f, VERDICT_TAMPERED, AT_END,
                          "the file of counts has been written to");
    struct ending e = sandbox_call(r->sandbox, COMMAND_DUMP, 0, 0);
    if (!is_done(&e))
        return diagnose_ending(r, &e, r->timed_oracle, NO_OP, f);
    return counter_read(counter, instructions) ||
           finding_at(f, VERDICT_TAMPERED, AT_END, "there is no count of it");
}

/* Both series have the same batches: those that the random numbers make. */
static bool count_trace(struct replay *r, struct count *count,
                        struct finding *f)
{
    uint64_t random = r->random, all, loop;

    if (!count_batches(r, COMMAND_LOOP, &loop, f))
        return false;
    r->random = random;
    if (!count_batches(r, COMMAND_COUNTED, &all, f))
        return false;
    count->ops = r->setup.trace->op_count;
    count->instructions = all > loop ? all - loop : 0;
    return true;
}

static void choose_trace(struct replay *r, const struct trace *trace)
{
    r->setup.trace = trace;
    free(r->leftover);
    r->leftover = NULL;
    r->leftover_count = 0;
}

bool replay_counted(struct replay *r, const struct trace *trace,
                    struct count *count, struct outcome *out)
{
    struct finding f = finding_none();

    f.pass = "in the counted pass, under valgrind; the checked pass was ok";
    choose_trace(r, trace);
    oracle_reset(r->timed_oracle);
    bool good = replay_begin(r, r->timed_oracle, &f) &&
                count_trace(r, count, &f) &&
                (!is_lab(r) || inspect_strays(r, r->timed_oracle, &f));
    if (is_lab(r))
        replay_note_footprint(r, r->timed_oracle, out);
    diagnose_conclude(r, r->timed_oracle, &f, out);
    if (good)
        replay_release(r, COMMAND_UNCOUNTED);
    return good;
}
