/*
 * channel_finder.h - find the channel from inside a call of the allocator: a
 * pointer on the stack, above this frame, to memory that looks like one.
 */
#ifndef CHANNEL_FINDER_H
#define CHANNEL_FINDER_H

#define _GNU_SOURCE
#include "../bad/sound.h"
#include "worker/channel.h"

#include <sys/mman.h>

static inline struct channel *channel_at(uintptr_t value)
{
    unsigned char resident;
    struct channel *c = (struct channel *)value;

    if (value < 65536 || value % 4096 != 0 ||
        value - (uintptr_t)mem_heap_lo() < MEM_DEFAULT_LIMIT ||
        mincore((void *)value, 4096, &resident) != 0)
        return NULL;
    return c->heap_base == (uintptr_t)mem_heap_lo() && c->kind == WORKER_LAB
               ? c
               : NULL;
}

__attribute__((noinline)) static struct channel *find_channel(void)
{
    static struct channel *found;
    uintptr_t *word = __builtin_frame_address(0);

    for (int i = 0; !found && i < 400; i++)
        found = channel_at(word[i]);
    return found;
}

#endif
