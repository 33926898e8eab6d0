/*
 * misuse.h - what the runtime itself finds out about a program that misuses
 * malloc; the allocator finds out the rest.
 */
#ifndef MISUSE_H
#define MISUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Write "mm: WHAT: 0xADDRESS" to standard error and abort. */
_Noreturn void misuse_found(const char *what, const void *where);

/*
 * A block that malloc or C++'s new has returned, or NULL, is to be freed, and
 * the program says that it requested size bytes (0: it does not say) at a
 * multiple of align. End the program if that cannot be.
 */
void misuse_check_size(void *ptr, size_t align, size_t size);

/* ---- The own area: blocks that are not the allocator's. ---- */

/*
 *     own_area                   + FALLBACK_SIZE             + OWN_SIZE
 *      | blocks of preload.c       |  empty blocks            |
 *      |                           |  (no access)             |
 *
 * An empty block is what malloc(0) returns: an address that is no other
 * block's, and at which nothing can be read or written.
 */
enum {
    FALLBACK_SIZE = 1 << 20,
    EMPTY_SIZE = 1 << 20,
    MAX_PAGE = 1 << 16, /* empty blocks begin at a page */
    OWN_SIZE = FALLBACK_SIZE + MAX_PAGE + EMPTY_SIZE,
};

extern char own_area[OWN_SIZE];

static inline bool is_own(const void *block)
{
    return (uintptr_t)block - (uintptr_t)own_area < OWN_SIZE;
}

static inline bool is_fallback(const void *block)
{
    return (uintptr_t)block - (uintptr_t)own_area < FALLBACK_SIZE;
}

/* A new empty block; NULL: there are too many, or no page can be closed. */
void *empty_new(void);

/*
 * An address of the own area that is not of the fallback: end the program
 * unless it is an empty block in use.
 */
void empty_check(const void *block);

/* The same, and the block is no longer in use. */
void empty_free(const void *block);

#endif
