/*
 * counting.c - one worker under valgrind for each allocator.
 *
 * It replays all traces whose verdict is ok so far, one after the other. Where
 * it ends with a trace that is not ok, another one goes on with the next.
 * Valgrind takes longer to start than most traces take.
 *
 * A malloc of the system has no mm_init that empties its heap: what it costs
 * depends on the traces before. So each trace has a worker of its own.
 */
#include "counting.h"

#include "base/interrupt.h"

#include <stdio.h>

static const struct trace *largest_trace(const struct benchmark *b)
{
    const struct trace *largest = b->traces[0];

    for (size_t i = 1; i < b->trace_count; i++)
        if (b->traces[i]->slot_count > largest->slot_count)
            largest = b->traces[i];
    return largest;
}

static struct replay *open_replay(const struct benchmark *b,
                                  const struct allocator *allocator,
                                  struct counter *counter)
{
    struct replay_setup setup = b->setup;

    setup.allocator = allocator;
    setup.trace = largest_trace(b);
    setup.counter = counter;
    setup.reproduce = NULL; /* no option stops under valgrind and gdb */
    return replay_open(&setup);
}

static bool is_due(const struct result *r)
{
    return r->outcome.verdict == VERDICT_OK && !interrupted;
}

static bool starts_anew(const struct allocator *allocator)
{
    return allocator->kind == WORKER_LAB;
}

/* By client requests it could switch the count off. */
static void refuse(struct outcome *outcome)
{
    outcome->verdict = VERDICT_TAMPERED;
    snprintf(outcome->message, sizeof outcome->message,
             "it asks valgrind: its object has the code of valgrind's client "
             "requests, so its instructions are not counted");
}

void count_instructions(const struct benchmark *b,
                        const struct allocator *allocator,
                        struct result *results)
{
    struct counter *counter = counter_open();
    struct replay *replay = NULL;

    for (size_t i = 0; i < b->trace_count; i++) {
        struct result *r = &results[i];

        if (!is_due(r))
            continue;
        if (allocator->kind == WORKER_LAB && allocator->object.asks_valgrind) {
            refuse(&r->outcome);
            continue;
        }
        if (b->progress)
            b->progress(b, i, STAGE_COUNTING, allocator->name);
        if (!replay)
            replay = open_replay(b, allocator, counter);
        r->counted =
            replay_counted(replay, b->traces[i], &r->instructions, &r->outcome);
        r->utilization = benchmark_utilization(b->traces[i], &r->outcome);
        if (!r->counted || !starts_anew(allocator)) {
            replay_close(replay);
            replay = NULL;
        }
    }
    replay_close(replay);
    counter_close(counter);
}
