/*
 * outside.c - functions that an allocator calls and that do not count.
 *
 * The heap's five requests stand for system calls; their simulation takes
 * another time than the system. memcpy, memmove and memset take a time in
 * proportion to their bytes, which are reported apart (mark.h, `moved`). The
 * allocator's shared object finds these functions here, because the program
 * comes first in the order of symbols. A call counts as the few instructions
 * that lead here and back.
 *
 * memlib.c is linked with its five functions renamed (bench.mk).
 */
#include "mark.h"
#include "../memlib.h"

#include <stdint.h>
#include <string.h>

void *memlib_sbrk(intptr_t increment);
void *memlib_map(size_t size);
int memlib_unmap(void *ptr, size_t size);
void *memlib_remap(void *ptr, size_t old_size, size_t new_size);
void memlib_discard(const struct mem_range *ranges, size_t count);

void *mem_sbrk(intptr_t increment)
{
    int counted = mark_leave();
    void *old = memlib_sbrk(increment);

    if (counted)
        mark_return();
    return old;
}

void *mem_map(size_t size)
{
    int counted = mark_leave();
    void *start = memlib_map(size);

    if (counted)
        mark_return();
    return start;
}

int mem_unmap(void *ptr, size_t size)
{
    int counted = mark_leave();
    int status = memlib_unmap(ptr, size);

    if (counted)
        mark_return();
    return status;
}

void *mem_remap(void *ptr, size_t old_size, size_t new_size)
{
    int counted = mark_leave();
    void *start = memlib_remap(ptr, old_size, new_size);

    if (counted)
        mark_return();
    return start;
}

void mem_discard(const struct mem_range *ranges, size_t count)
{
    int counted = mark_leave();

    memlib_discard(ranges, count);
    if (counted)
        mark_return();
}

/* Keeps the compiler from turning a loop into a call of memset. */
static void opaque(void)
{
    __asm__ volatile("" ::: "memory");
}

static void copy_up(unsigned char *to, const unsigned char *from, size_t size)
{
    for (; size >= sizeof(uint64_t); size -= sizeof(uint64_t)) {
        uint64_t word;
        __builtin_memcpy(&word, from, sizeof word);
        __builtin_memcpy(to, &word, sizeof word);
        to += sizeof word;
        from += sizeof word;
        opaque();
    }
    for (; size > 0; size--, opaque())
        *to++ = *from++;
}

static void copy_down(unsigned char *to, const unsigned char *from, size_t size)
{
    for (; size > 0; size--, opaque())
        to[size - 1] = from[size - 1];
}

static void fill(unsigned char *to, int byte, size_t size)
{
    uint64_t word = (unsigned char)byte * UINT64_C(0x0101010101010101);

    for (; size >= sizeof word; size -= sizeof word, to += sizeof word) {
        __builtin_memcpy(to, &word, sizeof word);
        opaque();
    }
    for (; size > 0; size--, opaque())
        *to++ = (unsigned char)byte;
}

void *memmove(void *to, const void *from, size_t size)
{
    int counted = mark_leave();

    if ((uintptr_t)to - (uintptr_t)from < size)
        copy_down(to, from, size);
    else
        copy_up(to, from, size);
    if (counted) {
        mark->moved += size;
        mark_return();
    }
    return to;
}

void *memcpy(void *to, const void *from, size_t size)
{
    return memmove(to, from, size);
}

void *memset(void *to, int byte, size_t size)
{
    int counted = mark_leave();

    fill(to, byte, size);
    if (counted) {
        mark->moved += size;
        mark_return();
    }
    return to;
}
