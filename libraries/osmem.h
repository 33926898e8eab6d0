/*
 * osmem.h - malloc on top of sbrk and mmap.
 *
 *     int *table = os_calloc(1000, sizeof *table);
 *     table = os_realloc(table, 2000 * sizeof *table);
 *     ...
 *     os_free(table);
 *
 *     sizes            in bytes. A block starts at a multiple of 16
 *     zero             os_malloc(0), os_calloc(0, n) and os_calloc(n, 0) return
 *                      NULL and leave errno as it is; os_realloc(p, 0) frees p
 *                      and returns NULL
 *     NULL             os_free(NULL) does nothing; os_realloc(NULL, n) is
 *                      os_malloc(n)
 *     no memory        NULL and errno ENOMEM where the system refuses, where
 *                      nmemb * size overflows, or for more than PTRDIFF_MAX
 *                      bytes. Nothing has changed: the block given to
 *                      os_realloc is still in use
 *     contents         undefined; of os_calloc, zero. os_realloc keeps the first
 *                      min(old, new) bytes
 *     errno            os_free keeps it, and so does all that succeeds
 *     ownership        a block is the caller's until os_free or os_realloc. A
 *                      block of the heap that is free already may be freed
 *                      again, which does nothing, or be given to os_realloc,
 *                      which returns NULL with EINVAL, as long as its memory
 *                      has not been used for another one. Anything else that
 *                      is not in use is undefined. These blocks and malloc's
 *                      are not each other's
 *     threads          any function from any thread: one lock, held across
 *                      fork. Not for handlers of signals
 *
 * A block that takes less than MMAP_THRESHOLD bytes, its header of 16 bytes
 * included, comes from the heap, where sbrk moves the break: on first use by
 * MMAP_THRESHOLD bytes at once, or the few more that one block just below it
 * needs, then by what is missing. Others, and those of os_calloc from a page
 * up, are mappings of their own, given back to the system when they are freed.
 * Whoever else moves the break may do so, though not from another thread at
 * the very moment of a call: sbrk itself has no lock.
 */
#ifndef OSMEM_H
#define OSMEM_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Blocks from this size on, in bytes and with their header, are mappings. */
#ifndef MMAP_THRESHOLD
#define MMAP_THRESHOLD (128 * 1024)
#endif

/* A block of at least size bytes. */
void *os_malloc(size_t size);

/* An array of nmemb elements of size bytes each, all zero. */
void *os_calloc(size_t nmemb, size_t size);

/*
 * Resize a block. In the heap it shrinks in place, and grows into free memory
 * behind it, or by moving the break where it is the last, before it moves.
 * Across the threshold it becomes a mapping, or is one no longer; a mapping
 * keeps its place as long as it keeps its number of pages.
 */
void *os_realloc(void *ptr, size_t size);

/* Give back a block. */
void os_free(void *ptr);

#ifdef __cplusplus
}
#endif

#endif
