/*
 * pool.h - a pool of fixed memory, and blocks of it.
 *
 *     static char memory[4096];
 *
 *     my_pool_init(memory, sizeof memory);
 *     char *name = my_malloc(20);
 *     ...
 *     my_free(name);
 *
 * The pool never asks the operating system for memory. It manages an array of
 * its own, POOL_SIZE bytes (a macro when pool.c is compiled; by default 1 MiB,
 * and 0 for no array), or what the caller hands in instead, or both.
 *
 *     sizes            in bytes. A payload starts at a multiple of 16
 *     zero             my_malloc(0) is a block of its own, to be freed;
 *                      my_realloc(p, 0) frees p and returns NULL
 *     NULL             my_free(NULL) does nothing, my_realloc(NULL, n) is
 *                      my_malloc(n), my_malloc_usable_size(NULL) is 0
 *     no memory        NULL and errno ENOMEM where no free block of the pool is
 *                      large enough, where count * size overflows, or for more
 *                      than PTRDIFF_MAX bytes. Nothing has changed: the block
 *                      given to my_realloc is still in use
 *     contents         undefined; of my_calloc, zero. my_realloc keeps the
 *                      first min(old, new) bytes, and the place where it can
 *     errno            my_free keeps it
 *     ownership        a block is the caller's until it is freed, and the
 *                      memory handed in is the pool's until my_pool_init. To
 *                      free or resize what is not in use is undefined
 *     threads          any function from any thread: one lock. It is held
 *                      across fork. A signal handler that interrupts one of
 *                      these functions must not call any of them
 */
#ifndef POOL_H
#define POOL_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A block of at least size bytes; NULL and ENOMEM. */
void *my_malloc(size_t size);

/* An array of count elements of size bytes each, all zero; NULL and ENOMEM. */
void *my_calloc(size_t count, size_t size);

/*
 * Resize a block; where it can, it stays in its place. NULL and ENOMEM: then
 * the old block is still in use. NULL also where size is 0: then it is freed.
 */
void *my_realloc(void *ptr, size_t size);

/* Give back a block. */
void my_free(void *ptr);

/* How many bytes of the block the caller may use: those asked for, or more. */
size_t my_malloc_usable_size(void *ptr);

/*
 * Make [memory, memory + size) the whole pool, and all of it free: blocks that
 * were handed out before must not be used again. (NULL, 0) stands for the
 * pool's own array, as at the start; with POOL_SIZE 0 that is no memory at all.
 * Returns 0, or -1 with errno EINVAL and nothing changed where the memory is
 * too small for a block: 32 bytes, at a multiple of 16, are enough.
 */
int my_pool_init(void *memory, size_t size);

/*
 * Add [memory, memory + size) to the pool. Where it adjoins other memory of
 * the pool, blocks may extend over both. Returns 0, or -1 with errno EINVAL and
 * nothing changed where it is too small for a block, or overlaps with memory of
 * the pool.
 */
int my_pool_add(void *memory, size_t size);

/*
 * How many bytes the payloads of all free blocks have together. Freed
 * neighbours count as one block.
 */
size_t my_pool_available(void);

/* The largest size that my_malloc can serve now; 0: none, or only size 0. */
size_t my_pool_largest(void);

#ifdef __cplusplus
}
#endif

#endif
