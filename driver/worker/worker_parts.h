/*
 * worker_parts.h - what the files of the worker share.
 *
 *     worker.c          the commands
 *     worker_load.c     find the allocator's functions
 *     worker_timed.c    the loop that makes the calls and nothing else
 *     worker_checked.c  the loop that fills payloads and checks them
 *     filter.c          the filters of system calls
 */
#ifndef WORKER_PARTS_H
#define WORKER_PARTS_H

#include "calls.h"
#include "channel.h"

#include <stdbool.h>
#include <stdint.h>

/* The one worker of this process; worker_attach sets it. */
extern struct worker {
    struct channel *channel;
    const struct op *steps;
    uint64_t *log;
    uint64_t *pointers;          /* by slot, timed pass */
    struct worker_block *blocks; /* by slot, checked pass */
    void (*hand_over)(void);     /* give the judge the turn, and wait for it */
    struct calls calls;
} worker;

static inline size_t as_size(uint64_t size)
{
    return size > SIZE_MAX ? SIZE_MAX : (size_t)size;
}

static inline uint64_t as_address(const void *p)
{
    return (uint64_t)(uintptr_t)p;
}

static inline void *as_pointer(uint64_t address)
{
    return (void *)(uintptr_t)address;
}

/*
 * Make the call of an operation; block is the address of its block, or 0 if the
 * operation begins one. Returns the allocator's result, 0 for a free.
 */
static inline uint64_t worker_call(struct op op, uint64_t block)
{
    size_t size = as_size(op_size(op));

    switch (op_call(op)) {
    case CALL_MALLOC:
        return as_address(worker.calls.malloc(size));
    case CALL_FREE:
        worker.calls.free(as_pointer(block));
        return 0;
    case CALL_REALLOC:
        return as_address(worker.calls.realloc(as_pointer(block), size));
    case CALL_CALLOC:
        return as_address(worker.calls.calloc(op.arg, size));
    case CALL_MEMALIGN:
        if (op.arg >= 8 * sizeof size)
            return 0; /* no address of this machine has that alignment */
        return as_address(worker.calls.memalign((size_t)1 << op.arg, size));
    default:
        return 0;
    }
}

/* Tell the judge that the command has ended with that verdict. */
static inline void worker_end(enum verdict verdict)
{
    worker.channel->verdict = verdict;
    worker.channel->reply = REPLY_ENDED;
}

/*
 * Clear the stack below the caller's frame, so that nothing lasts there from
 * call to call, and its pages are there before the judge counts.
 */
void worker_clear_stack(void);

/* Carry out COMMAND_LOAD, COMMAND_TIMED, COMMAND_CHECKED (channel.h). */
void worker_load(void);
void worker_time_batch(void);
void worker_check_batch(void);

#endif
