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
 *     contents         undefined; of os_calloc, zero. os_realloc keeps the
 *                      first min(old, new) bytes
 *     errno            os_free keeps it, and so does all that succeeds
 *     ownership        a block is the caller's until os_free or os_realloc. A
 *                      block of the heap that is free already may be freed
 *                      again, which does nothing, or be given to os_realloc,
 *                      which returns NULL with EINVAL, as long as its memory
 *                      has not been used for another one. Anything else that
 *                      is not in use is undefined. These blocks and malloc's
 *                      are not each other's
 *     threads          any function from any thread: one lock, held across
 *                      fork. A signal handler must not call any of them
 *
 * A block that takes less than MMAP_THRESHOLD bytes, its header of 16 bytes
 * included, comes from the heap, where sbrk moves the break: on first use by
 * MMAP_THRESHOLD bytes at once, or the few more that one block just below it
 * needs, then by what is missing. Larger blocks, and those of os_calloc from a
 * page up, are mappings of their own, given back to the system when they are
 * freed. Other code of the process may move the break too, but not from another
 * thread during a call: sbrk itself has no lock.
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

/* A block of at least size bytes; NULL and ENOMEM, or size 0. */
void *os_malloc(size_t size);

/* An array of nmemb elements of size bytes each, all zero; NULL likewise. */
void *os_calloc(size_t nmemb, size_t size);

/*
 * Resize a block. A block of the heap shrinks in place. To grow, it takes free
 * memory behind it; where it is the last, it moves the break; else it moves. A
 * block that crosses the threshold moves between heap and mappings; a mapping
 * keeps its place as long as it keeps its number of pages. NULL and ENOMEM:
 * then the old block is still in use. NULL also where size is 0, or with
 * EINVAL for a block that is free already (see above).
 */
void *os_realloc(void *ptr, size_t size);

/* Give back a block, a mapping to the system. */
void os_free(void *ptr);

#ifdef __cplusplus
}
#endif

#endif
