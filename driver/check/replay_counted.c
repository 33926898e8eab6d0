/*
 * replay_counted.c - the counted pass: under valgrind the instructions of the
 * calls are counted, and the judge verifies every address as in a timed pass.
 *
 * The worker's own code is counted apart (worker/counter_tool.c), so what is
 * counted between two turns is the allocator's. Memlib is a part of the worker:
 * a call that takes memory or gives it back has a fixed price. What the
 * worker's code takes beyond its loop and these calls was done for the
 * allocator, and counts: a long search for pages, or whatever it jumps to.
 * Between short batches the judge writes canaries into live payloads. A change
 * of processes costs as much as some thousand operations: who is trusted has
 * fewer of them.
 *
 * The kernel could work in place of instructions. So the CPU time that it knows
 * of is compared with the count, with much allowance.
 *
 * Memory outside memlib is measured as in other passes, with one difference:
 * the worker has it still from the traces before. So what these may have left,
 * by what they used in their checked passes, does not count again. Who uses
 * more than that under valgrind pays for it in each trace.
 */
#include "replay_parts.h"

#include <stdio.h>
#include <stdlib.h>

/* An allocator that is trusted: operations between two looks at it; and beyond
 * the first FEW resizes of a batch's own blocks, one in SOME ends the batch. */
enum { TRUSTED_BATCH = 256, FEW = 64, SOME = 16 };

/* Instructions: what mem_sbrk took when memlib was counted, rounded. */
enum { MEMLIB_CALL = 50 };

/* The worker's own instructions, at most: for an operation 20 to 30, and some
 * calls of mem_heap_lo; for a batch; for a call of memlib that records an
 * event, of which mem_sbrk takes 85. */
enum { OWN_OPERATION = 40, OWN_BATCH = 200, OWN_MEMLIB_CALL = 100 };

/* So much CPU time is plausible under valgrind, even on a loaded machine: for
 * anything, for an instruction, and for a call of memlib. */
static const double ANY_SECONDS = 1, INSTRUCTION_SECONDS = 100e-9,
                    MEMLIB_SECONDS = 100e-6;

/* ---- Batches. ---- */

static bool is_begun(const struct op *first, const struct op *op)
{
    for (const struct op *before = first; before < op; before++)
        if (op_slot(*before) == op_slot(*op) && op_begins(*before))
            return true;
    return false;
}

/* A block of the batch's own has no canary: the batch ends before its resize,
 * except for most of many by an allocator that is trusted. */
static bool is_cut(struct replay *r, const struct op *first,
                   const struct op *op)
{
    if (op_effect(*op) != EFFECT_RESIZED || !is_begun(first, op))
        return false;
    return is_untrusted(r) || r->counted.own_resizes++ < FEW ||
           random_below(&r->random, SOME) == 0;
}

static uint32_t batch_length(struct replay *r, uint64_t first)
{
    const struct op *ops = r->setup.trace->ops + first;
    uint64_t most = is_untrusted(r) ? short_batch(r) : TRUSTED_BATCH;
    uint32_t limit = up_to(most, r->setup.trace->op_count - first);
    uint32_t count = 1;

    while (count < limit && !is_cut(r, ops, ops + count))
        count++;
    return count;
}

static void note_memlib_calls(struct replay *r)
{
    size_t events;

    sandbox_events(r->sandbox, &events);
    r->counted.memlib_calls += events;
}

/* A batch, while the contents of blocks are watched. */
static bool count_batch(struct replay *r, uint64_t first, uint32_t count,
                        struct finding *f)
{
    const struct op *ops = r->setup.trace->ops;

    if (is_lab(r))
        canary_write_few(r->canary, ops + first, count);
    if (!replay_call(r, COMMAND_TIMED, first, count, f))
        return false;
    note_memlib_calls(r);
    r->counted.batches++;
    return !is_lab(r) ||
           (canary_check(r->canary, ops, first, count, f) &&
            inspect_at_random(r, r->timed_oracle, first + count, count, f));
}

static bool count_batches(struct replay *r, struct finding *f)
{
    uint32_t count;

    for (uint64_t op = 0; op < r->setup.trace->op_count; op += count) {
        count = batch_length(r, op);
        if (!count_batch(r, op, count, f))
            return false;
        trace_release_pages(r->setup.trace, op, op + count);
    }
    return true;
}

/* ---- The count. ---- */

static double seconds_allowed(uint64_t instructions, uint64_t memlib_calls)
{
    return ANY_SECONDS + (double)instructions * INSTRUCTION_SECONDS +
           (double)memlib_calls * MEMLIB_SECONDS;
}

/* The worker's own instructions beyond what its loop and memlib's calls
 * need. */
static uint64_t worked_by_worker(const struct replay *r)
{
    uint64_t own =
        counter_read_own(r->setup.counter) - r->counted.own_at_init;
    uint64_t most = r->setup.trace->op_count * OWN_OPERATION +
                    r->counted.batches * OWN_BATCH +
                    r->counted.memlib_calls * OWN_MEMLIB_CALL;

    return own > most ? own - most : 0;
}

/* Does the allocator take no more time than what was counted can take? */
static bool is_plausible(const struct replay *r, uint64_t instructions,
                         struct finding *f)
{
    double used = process_cpu_seconds(sandbox_process(r->sandbox)) -
                  r->counted.cpu_at_init;
    double most = seconds_allowed(instructions, r->counted.memlib_calls);
    char text[160];

    if (used <= most)
        return true;
    snprintf(text, sizeof text,
             "the worker had used %.1f seconds of CPU time, of %.1f at most "
             "for the instructions counted: it hides some",
             used, most);
    return finding_at(f, VERDICT_TAMPERED, AT_END, text);
}

/* An empty heap and mm_init, whose instructions are the allocator's, too. */
static bool count_once(struct replay *r, uint64_t *instructions,
                       struct finding *f)
{
    r->used = true;
    r->outside = 0;
    r->counted.memlib_calls = r->counted.own_resizes = r->counted.batches = 0;
    oracle_reset(r->timed_oracle);
    if (!replay_begin(r, r->timed_oracle, f))
        return false;
    note_memlib_calls(r);
    if (!count_batches(r, f))
        return false;
    *instructions = counter_read(r->setup.counter) - r->counted.at_init +
                    worked_by_worker(r);
    return is_plausible(r, *instructions, f) &&
           (!is_lab(r) || (inspect_strays(r, r->timed_oracle, f) &&
                           inspect_worker(r, r->timed_oracle, NO_OP, f)));
}

/*
 * The traces before may have taught an allocator what its other passes, each in
 * a worker of its own, could not know. Then it places blocks otherwise, and
 * what it does in a new worker counts.
 */
static bool count_trusting_nobody(struct replay *r, uint64_t *instructions,
                                  const struct outcome *out, struct finding *f)
{
    bool was_used = r->used;

    if (!count_once(r, instructions, f))
        return false;
    if (!is_untrusted(r) || !was_used ||
        r->timed_oracle->placement == out->placement)
        return true;
    replay_renew(r);
    return count_once(r, instructions, f);
}

/* ---- The pass. ---- */

static void choose_trace(struct replay *r, const struct trace *trace)
{
    r->setup.trace = trace;
    free(r->leftover);
    r->leftover = NULL;
    r->leftover_count = 0;
}

bool replay_counted(struct replay *r, const struct trace *trace,
                    uint64_t *instructions, struct outcome *out)
{
    struct finding f = finding_none();

    f.pass = "in the counted pass, under valgrind; the checked pass was ok";
    choose_trace(r, trace);
    bool good = count_trusting_nobody(r, instructions, out, &f);
    if (is_lab(r))
        *instructions += MEMLIB_CALL * r->counted.memlib_calls;
    if (is_lab(r))
        replay_note_footprint(r, r->timed_oracle, out);
    r->counted.known.object += out->outside_used.object;
    r->counted.known.others += out->outside_used.others;
    diagnose_conclude(r, r->timed_oracle, &f, out);
    if (good)
        replay_release(r, COMMAND_TIMED);
    return good;
}
