/*
 * replay_counted.c - the counted pass: callgrind counts the instructions of the
 * calls, the judge verifies every address as in a timed pass.
 *
 * Batches are short, so that the event buffer does not fill within them. They
 * are first carried out by the loop alone, without the allocator, whose
 * instructions are subtracted. Between batches the judge writes canaries into
 * live payloads, which costs no instructions of the worker's.
 *
 *     operations    0                 8192 or more
 *     counted       |#################|.#..|.#..|.#..|.#..|
 *                                     ^ BUDGET instructions are reached
 *
 * Callgrind makes a program twenty times slower. Of a trace that takes many
 * instructions, the operations after the first BUDGET of them are counted in
 * part: one stretch of each group stands for its group. To switch callgrind on
 * takes some 10 ms, which pays only if operations take SLOW instructions.
 * Neither time nor batches decide what is counted: the budget is one of
 * instructions, and groups begin at fixed operations.
 *
 * An allocator may try to hide instructions from callgrind, but not time from
 * the kernel: it is compared with the count, with much allowance.
 */
#include "replay_parts.h"

#include <stdio.h>
#include <stdlib.h>

enum { WHOLE = 8192, GROUP = 1024, STRETCH = 128 }; /* operations */

static const uint64_t BUDGET = 1 << 28, SLOW = 2000; /* instructions */

/* So much CPU time is plausible under callgrind, even on a loaded machine: for
 * anything, for an instruction, and for a call of memlib. */
static const double ANY_SECONDS = 1, INSTRUCTION_SECONDS = 100e-9,
                    EVENT_SECONDS = 100e-6;

/* ---- Batches. ---- */

/* One command for the batch, whose calls of memlib are allowed their time. */
static bool call_batch(struct replay *r, enum command command, uint64_t first,
                       uint32_t count, struct finding *f)
{
    size_t events;
    bool good = replay_call(r, command, first, count, f);

    sandbox_events(r->sandbox, &events);
    r->counted.seconds_allowed += (double)events * EVENT_SECONDS;
    return good;
}

/* The same, while the contents of blocks are watched. */
static bool watch_batch(struct replay *r, enum command command, uint64_t first,
                        uint32_t count, struct finding *f)
{
    const struct op *ops = r->setup.trace->ops;

    if (command == COMMAND_LOOP || !is_lab(r))
        return call_batch(r, command, first, count, f);
    canary_write_few(r->canary, ops + first, count);
    return call_batch(r, command, first, count, f) &&
           canary_check(r->canary, ops, first, count, f);
}

static bool is_begun(const struct op *first, const struct op *op)
{
    for (const struct op *before = first; before < op; before++)
        if (op_slot(*before) == op_slot(*op) && op_begins(*before))
            return true;
    return false;
}

/* A batch ends before it resizes a block of its own, which has no canary. */
static uint32_t batch_length(struct replay *r, uint64_t first, uint64_t end)
{
    const struct op *ops = r->setup.trace->ops + first;
    uint32_t limit = up_to(short_batch(r), end - first), count = 1;

    while (count < limit && (op_effect(ops[count]) != EFFECT_RESIZED ||
                             !is_begun(ops, ops + count)))
        count++;
    return count;
}

static bool call_batches(struct replay *r, enum command command, uint64_t first,
                         uint64_t end, struct finding *f)
{
    uint32_t count;

    for (uint64_t op = first; op < end; op += count) {
        count = batch_length(r, op, end);
        if (!watch_batch(r, command, op, count, f))
            return false;
        trace_release_pages(r->setup.trace, op, op + count);
    }
    return true;
}

/* ---- Counts. ---- */

static bool is_plausible(const struct replay *r)
{
    return r->counted.seconds <= r->counted.seconds_allowed + ANY_SECONDS;
}

static bool diagnose_hiding(const struct replay *r, uint64_t op,
                            struct finding *f)
{
    finding_set(f, VERDICT_TAMPERED, op);
    snprintf(f->detail, sizeof f->detail,
             "came when the worker had used %.1f seconds of CPU time, of %.1f "
             "at most for the instructions counted: it hides some",
             r->counted.seconds, r->counted.seconds_allowed + ANY_SECONDS);
    return false;
}

/* What was counted since the last time, at operation op. */
static bool take_count(struct replay *r, uint64_t op, uint64_t *instructions,
                       struct finding *f)
{
    struct counter *counter = r->setup.counter;

    if (!counter_is_quiet(counter))
        return finding_text(f, VERDICT_TAMPERED, op,
                            "was done, and the file of counts written to");
    struct ending e = sandbox_call(r->sandbox, COMMAND_DUMP, 0, 0);
    if (!is_done(&e))
        return diagnose_ending(r, &e, r->timed_oracle, op, f);
    if (!counter_read(counter, instructions))
        return finding_text(f, VERDICT_TAMPERED, op, "was not counted");
    r->counted.seconds_allowed += (double)*instructions * INSTRUCTION_SECONDS;
    return true;
}

/* The instructions of those operations, the loop's among them. */
static bool count_range(struct replay *r, enum command command, uint64_t first,
                        uint64_t end, uint64_t *instructions, struct finding *f)
{
    const struct process *worker = sandbox_process(r->sandbox);
    double start = process_cpu_seconds(worker);

    if (!call_batches(r, command, first, end, f))
        return false;
    r->counted.seconds += process_cpu_seconds(worker) - start;
    return take_count(r, end - 1, instructions, f);
}

/* Both series have the same batches: those that the random numbers make. */
static bool count_calls(struct replay *r, uint64_t first, uint64_t end,
                        struct count *count, struct finding *f)
{
    uint64_t random = r->random, all, loop;

    if (!count_range(r, COMMAND_LOOP, first, end, &loop, f))
        return false;
    r->random = random;
    if (!count_range(r, COMMAND_COUNTED, first, end, &all, f))
        return false;
    count->ops += end - first;
    count->instructions += all > loop ? all - loop : 0;
    return is_plausible(r) || diagnose_hiding(r, end - 1, f);
}

/* Count the stretch in the middle of the group, for all of it. */
static bool sample_group(struct replay *r, uint64_t first, uint64_t end,
                         struct count *count, struct finding *f)
{
    uint64_t length = end - first, counted = up_to(STRETCH, length);
    uint64_t from = first + (length - counted) / 2;
    struct count stretch = {0};

    if (!call_batches(r, COMMAND_UNCOUNTED, first, from, f) ||
        !count_calls(r, from, from + counted, &stretch, f) ||
        !call_batches(r, COMMAND_UNCOUNTED, from + counted, end, f))
        return false;
    count->ops += stretch.ops;
    count->instructions += stretch.instructions * length / counted;
    return true;
}

/* Are operations from op on counted in part? */
static bool is_sampled(const struct count *count, uint64_t op)
{
    return count->instructions >= BUDGET && count->instructions >= SLOW * op;
}

static bool count_trace(struct replay *r, struct count *count,
                        struct finding *f)
{
    uint64_t all = r->setup.trace->op_count, end;

    for (uint64_t op = 0; op < all; op = end) {
        bool sampled = is_sampled(count, op);

        end = op + up_to(sampled ? GROUP : WHOLE, all - op);
        if (!(sampled ? sample_group : count_calls)(r, op, end, count, f))
            return false;
    }
    return true;
}

/* ---- The pass. ---- */

/* An empty heap, and mm_init, whose instructions are the allocator's, too. */
static bool count_init(struct replay *r, struct count *count, struct finding *f)
{
    uint64_t all;

    if (!replay_begin(r, r->timed_oracle, f) || !take_count(r, 0, &all, f))
        return false;
    count->instructions = is_lab(r) ? all : 0;
    return true;
}

static void choose_trace(struct replay *r, const struct trace *trace)
{
    r->setup.trace = trace;
    free(r->leftover);
    r->leftover = NULL;
    r->leftover_count = 0;
}

static bool count_once(struct replay *r, struct count *count, struct finding *f)
{
    *count = (struct count){0};
    r->used = true;
    oracle_reset(r->timed_oracle);
    return count_init(r, count, f) && count_trace(r, count, f) &&
           (!is_lab(r) || inspect_strays(r, r->timed_oracle, f));
}

/*
 * The traces before may have taught an allocator what its other passes, each in
 * a worker of its own, could not know. Then it places blocks otherwise, and what
 * it does in a new worker counts.
 */
static bool count_trusting_nobody(struct replay *r, struct count *count,
                                  const struct outcome *out, struct finding *f)
{
    bool was_used = r->used;

    if (!count_once(r, count, f))
        return false;
    if (!is_untrusted(r) || !was_used ||
        r->timed_oracle->placement == out->placement)
        return true;
    replay_renew(r);
    return count_once(r, count, f);
}

bool replay_counted(struct replay *r, const struct trace *trace,
                    struct count *count, struct outcome *out)
{
    struct finding f = finding_none();

    f.pass = "in the counted pass, under valgrind; the checked pass was ok";
    choose_trace(r, trace);
    bool good = count_trusting_nobody(r, count, out, &f);
    if (is_lab(r))
        replay_note_footprint(r, r->timed_oracle, out);
    diagnose_conclude(r, r->timed_oracle, &f, out);
    if (good)
        replay_release(r, COMMAND_UNCOUNTED);
    return good;
}
