/*
 * worker_counted.c - make the calls of a batch while callgrind counts their
 * instructions.
 *
 * A worker that the judge started under valgrind asks callgrind by client
 * requests: short sequences of instructions that valgrind recognizes and a
 * processor ignores. Counting is on in mm_init and in run_counted. The loop's own
 * instructions are those of the same batch with the null allocator, which the
 * judge subtracts.
 *
 * In the stretches of a long trace that are not counted, callgrind's
 * instrumentation is off, which is several times faster.
 */
#include "worker_parts.h"

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else /* a build without the package valgrind: the judge finds no counts */
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_STOP_INSTRUMENTATION
#define CALLGRIND_TOGGLE_COLLECT
#define CALLGRIND_DUMP_STATS
#define RUNNING_ON_VALGRIND 0
#endif

static void run(uint64_t *pointers)
{
    const struct op *step = worker.steps, *end = step + worker.channel->count;

    for (uint64_t *log = worker.log; step < end; step++, log++) {
        uint64_t *pointer = &pointers[op_slot(*step)];
        enum op_effect effect = op_effect(*step);

        *log = worker_call(*step, op_takes_block(*step) ? *pointer : 0);
        if (effect == EFFECT_BEGINS || effect == EFFECT_RESIZED)
            *pointer = *log;
    }
}

bool worker_is_counted(void)
{
    return RUNNING_ON_VALGRIND;
}

void worker_begin_count(void)
{
    CALLGRIND_START_INSTRUMENTATION;
    worker.counting = true;
    CALLGRIND_TOGGLE_COLLECT;
}

void worker_end_count(void)
{
    CALLGRIND_TOGGLE_COLLECT;
    worker.counting = false;
}

static void __attribute__((noinline)) run_counted(uint64_t *pointers)
{
    worker_begin_count();
    run(pointers);
    worker_end_count();
    worker_end(VERDICT_OK);
}

void worker_interrupt_count(void)
{
    if (worker.counting)
        CALLGRIND_TOGGLE_COLLECT;
}

void worker_count_batch(void)
{
    run_counted(worker.pointers);
}

/* The null allocator's blocks have a table of their own, behind the other. */
void worker_count_loop(void)
{
    struct calls own = worker.calls;

    worker.calls = worker_null_calls;
    run_counted(worker.pointers + worker.channel->slot_count + 1);
    worker.calls = own;
}

void worker_pass_batch(void)
{
    CALLGRIND_STOP_INSTRUMENTATION;
    run(worker.pointers);
    worker_end(VERDICT_OK);
}

void worker_dump_count(void)
{
    CALLGRIND_DUMP_STATS;
    worker_end(VERDICT_OK);
}
