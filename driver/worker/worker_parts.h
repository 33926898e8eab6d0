/*
 * worker_parts.h - what the files of the worker share.
 *
 *     worker.c          commands
 *     worker_load.c     the allocator's functions
 *     worker_timed.c    the loop that only calls
 *     worker_checked.c  the loop that fills and looks
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
    uint64_t *pointers; /* by slot, timed pass */
    struct held *held;  /* by slot, checked pass */
    void (*hand_over)(void);
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

/* Each carries out a command: see channel.h. */
void worker_load(void);
void worker_time_batch(void);
void worker_check_batch(void);

#endif
