/*
 * pool.c - the soak calls libraries/pool.h.
 *
 * The pool is smaller than the threads' requests, so it is full at times. At
 * the end it must be one free block again.
 */
#define _GNU_SOURCE
#include "../soak.h"

#include "pool.h"

#include <sys/mman.h>

static size_t available, largest;

static bool begin(size_t live)
{
    size_t size = live / 4;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED || my_pool_init(memory, size) != 0)
        return false;
    available = my_pool_available();
    largest = my_pool_largest();
    return true;
}

static const char *end(void)
{
    if (my_pool_available() != available)
        return "the empty pool has less memory than at the start";
    return my_pool_largest() == largest ? NULL : "the empty pool is in pieces";
}

const struct soak_api soak_pool = {
    .name = "pool",
    .align = 16,
    .may_refuse = true,
    .begin = begin,
    .end = end,
    .allocate = my_malloc,
    .release = my_free,
    .zeroed = my_calloc,
    .resize = my_realloc,
    .usable = my_malloc_usable_size,
};
