/*
 * compat/cmu/memlib.h - the simulated heap, and the four functions that CMU's
 * later labs add to it. There they count accesses; here they only access.
 * Penn State's lab calls the same heap mm_sbrk and so on: these names are there
 * where tools/handin finds that the hand-in defines none of them itself.
 */
#ifndef COMPAT_CMU_MEMLIB_H
#define COMPAT_CMU_MEMLIB_H

#include "../csapp/memlib.h"

#include <string.h>

static inline void *mem_memset(void *ptr, int byte, size_t size)
{
    return memset(ptr, byte, size);
}

static inline void *mem_memcpy(void *to, const void *from, size_t size)
{
    return memcpy(to, from, size);
}

/* The size bytes at addr, at most 8, as a little-endian number. */
static inline uint64_t mem_read(const void *addr, size_t size)
{
    uint64_t value = 0;

    memcpy(&value, addr, size < 8 ? size : 8);
    return value;
}

/* Store the low size bytes of value, at most 8, at addr. */
static inline void mem_write(void *addr, uint64_t value, size_t size)
{
    memcpy(addr, &value, size < 8 ? size : 8);
}

#ifdef HANDIN_MM_NAMES
static inline void *mm_memset(void *ptr, int byte, size_t size)
{
    return memset(ptr, byte, size);
}

static inline void *mm_memcpy(void *to, const void *from, size_t size)
{
    return memcpy(to, from, size);
}

static inline void *mm_sbrk(intptr_t increment)
{
    return mem_sbrk(increment);
}

static inline void *mm_heap_lo(void)
{
    return mem_heap_lo();
}

static inline void *mm_heap_hi(void)
{
    return mem_heap_hi();
}

static inline size_t mm_heapsize(void)
{
    return mem_heapsize();
}

static inline size_t mm_pagesize(void)
{
    return mem_pagesize();
}
#endif

#endif
