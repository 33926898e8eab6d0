/*
 * worker_timed.c - make the calls of a batch and log their results. The judge
 * measures the time, by the kernel's count.
 */
#include "worker_parts.h"

/* Carry out a rarer kind of operation; returns its entry in the log. */
static uint64_t call_other(struct op op, uint64_t *pointer)
{
    uint64_t address = worker_call(op, op_takes_block(op) ? *pointer : 0);

    if (op_begins(op))
        *pointer = address;
    return address;
}

/*
 * Make the calls and log their results. Kinds are tested by branches, the most
 * frequent first. The pointer of a block some steps ahead is prefetched, so
 * that its cache miss does not add to the allocator's time.
 */
static void run_timed(const struct op *step, uint32_t count)
{
    enum { PREFETCH_AHEAD = 12 };
    void *(*const call_malloc)(size_t) = worker.calls.malloc;
    void (*const call_free)(void *) = worker.calls.free;
    uint64_t *log = worker.log, *slot = worker.pointers;

    for (const struct op *end = step + count; step < end; step++, log++) {
        uint64_t *pointer = &slot[op_slot(*step)];
        enum op_kind kind = op_kind(*step);

        __builtin_prefetch(&slot[op_slot(step[PREFETCH_AHEAD])]);
        if (kind == OP_ALLOC) {
            *log = *pointer = as_address(call_malloc(as_size(step->bytes)));
        } else if (kind == OP_FREE) {
            call_free(as_pointer(*pointer));
            *log = 0;
        } else if (kind == OP_REALLOC) {
            *log = *pointer = as_address(worker.calls.realloc(
                as_pointer(*pointer), as_size(step->bytes)));
        } else {
            *log = call_other(*step, pointer);
        }
    }
}

void worker_time_batch(void)
{
    run_timed(worker.steps, worker.channel->count);
    worker_end(VERDICT_OK);
}
