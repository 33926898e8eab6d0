/*
 * memory_allocator.h - blocks from the break, large ones from mmap.
 *
 *     struct node *nodes = defalloc(100, sizeof *nodes);
 *     nodes = memresize(nodes, 200 * sizeof *nodes);
 *     ...
 *     memfree(nodes);
 *
 *     sizes            in bytes. A block starts at a multiple of 16, and so
 *                      does what memresize and memdup return
 *     zero             memalloc(0), defalloc(0, n), defalloc(n, 0) and
 *                      memdup(p, 0) return NULL and leave errno as it is;
 *                      memresize(p, 0) frees p and returns NULL
 *     NULL             memfree(NULL) does nothing; memresize(NULL, n) is
 *                      memalloc(n); memdup(NULL, n) is NULL with EINVAL
 *     no memory        NULL and errno ENOMEM where the system refuses, where
 *                      n * elem_size overflows, or for more than PTRDIFF_MAX
 *                      bytes. Nothing has changed: the block given to
 *                      memresize is still in use
 *     contents         undefined; of defalloc, zero; of memdup, the copy.
 *                      memresize keeps the first min(old, new) bytes
 *     errno            memfree keeps it, and so does all that succeeds
 *     ownership        a block is the caller's until memfree or memresize. To
 *                      free or resize what is not in use is undefined. These
 *                      blocks and malloc's are not each other's
 *     threads          any function from any thread: one lock, held across
 *                      fork. A signal handler must not call any of them
 *
 * A block of MMAP_THRESHOLD bytes or more is a mapping of its own, which goes
 * back to the system when it is freed. Smaller ones come from sbrk in steps;
 * that memory stays with the process and is used again. Other code of the
 * process may move the break too.
 */
#ifndef MEMORY_ALLOCATOR_H
#define MEMORY_ALLOCATOR_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* From this size on, in bytes, a block is a mapping of its own. */
#ifndef MMAP_THRESHOLD
#define MMAP_THRESHOLD (128 * 1024)
#endif

/* A block of at least size bytes; NULL and ENOMEM, or size 0. */
void *memalloc(size_t size);

/* An array of n elements of elem_size bytes each, all zero; NULL likewise. */
void *defalloc(size_t n, size_t elem_size);

/* Give back a block, a mapping to the system. */
void memfree(void *ptr);

/*
 * Resize a block: it shrinks in place, and grows in place where the memory
 * behind it is free, else it moves. A block that crosses MMAP_THRESHOLD moves
 * between heap and mappings. NULL and ENOMEM: then the old block is still in
 * use. NULL also where size is 0.
 */
void *memresize(void *ptr, size_t size);

/* A new block with a copy of the size bytes at src; NULL as above. */
void *memdup(const void *src, size_t size);

/*
 * Set size bytes at dst to byte, converted to unsigned char; eight bytes at a
 * time where they are aligned. Returns dst. dst is any memory of the caller.
 */
void *memoryset(void *dst, int byte, size_t size);

#ifdef __cplusplus
}
#endif

#endif
