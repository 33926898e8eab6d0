/*
 * memory_allocator.c - the soak calls libraries/memory_allocator.h.
 */
#include "../soak.h"

#include "memory_allocator.h"

const struct soak_api soak_memory_allocator = {
    .name = "memory_allocator",
    .align = 16,
    .allocate = memalloc,
    .release = memfree,
    .zeroed = defalloc,
    .resize = memresize,
};
