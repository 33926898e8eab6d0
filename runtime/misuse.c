/*
 * misuse.c - the runtime's messages about misuse, and empty blocks.
 *
 * Empty blocks have numbers, and a bit each that is set while the block is in
 * use. They need no lock: any thread, and a signal handler that interrupts it,
 * may change the bits. All numbers take turns, so that an address is not used
 * again soon.
 */
#define _GNU_SOURCE
#include "misuse.h"

#include <errno.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    GRANULE = alignof(max_align_t),
    WORD = 64, /* bits */
    EMPTY_BLOCKS = EMPTY_SIZE / GRANULE,
};

alignas(GRANULE) char own_area[OWN_SIZE];

static _Atomic uint64_t used[EMPTY_BLOCKS / WORD];
static atomic_size_t next_number;
static atomic_bool closed; /* the pages of empty blocks */

_Noreturn void misuse_found(const char *what, const void *where)
{
    enum { DIGITS = 2 * sizeof where };
    char line[128] = "mm: ", *end = line + strlen(line);

    end = (char *)memcpy(end, what, strlen(what)) + strlen(what);
    end = (char *)memcpy(end, ": 0x", 4) + 4;
    for (int i = DIGITS; i > 0; i--)
        *end++ = "0123456789abcdef"[(uintptr_t)where >> 4 * (i - 1) & 15];
    *end++ = '\n';
    (void)!write(STDERR_FILENO, line, (size_t)(end - line));
    abort();
}

/* Where the empty blocks begin. */
static char *empty_area(void)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

    return (char *)(((uintptr_t)own_area + FALLBACK_SIZE + page - 1) & -page);
}

/* Close the pages of empty blocks, unless that is done; false: refused. */
static bool close_area(void)
{
    int error = errno;

    if (!closed)
        closed = mprotect(empty_area(), EMPTY_SIZE, PROT_NONE) == 0;
    errno = error;
    return closed;
}

/* Set one of the wanted bits that is clear, the lowest, and return its place;
 * -1: all are set. */
static int take_bit(_Atomic uint64_t *word, uint64_t wanted)
{
    uint64_t clear;

    while ((clear = ~*word & wanted) != 0) {
        int place = __builtin_ctzll(clear);
        uint64_t bit = (uint64_t)1 << place;

        if (!(atomic_fetch_or(word, bit) & bit))
            return place;
    }
    return -1;
}

/* The bits of the first word are looked at in two parts, first and last. */
void *empty_new(void)
{
    size_t first = next_number % EMPTY_BLOCKS, word = first / WORD;
    uint64_t wanted = UINT64_MAX << first % WORD;

    if (!close_area())
        return NULL;
    for (size_t i = 0; i <= EMPTY_BLOCKS / WORD; i++) {
        int place = take_bit(&used[word], wanted);

        if (place >= 0) {
            next_number = word * WORD + (size_t)place + 1;
            return empty_area() + (word * WORD + (size_t)place) * GRANULE;
        }
        word = (word + 1) % (EMPTY_BLOCKS / WORD);
        wanted = UINT64_MAX;
    }
    return NULL;
}

/* The number of an empty block, in use or not. */
static size_t number_of(const void *block)
{
    size_t offset = (size_t)((const char *)block - empty_area());

    if (offset % GRANULE != 0 || offset >= EMPTY_SIZE)
        misuse_found("this is no block of the heap", block);
    return offset / GRANULE;
}

static void expect_used(uint64_t bits, size_t number, const void *block)
{
    if (!(bits >> number % WORD & 1))
        misuse_found("this block is free already", block);
}

void empty_check(const void *block)
{
    size_t number = number_of(block);

    expect_used(used[number / WORD], number, block);
}

void empty_free(const void *block)
{
    size_t number = number_of(block);
    uint64_t bit = (uint64_t)1 << number % WORD;

    expect_used(atomic_fetch_and(&used[number / WORD], ~bit), number, block);
}
