/*
 * blocks.h - the C library's blocks from any allocator of mm.h.
 *
 * The C library promises more than mm.h does: every block at a multiple of 16
 * (on 64-bit machines), of any power of two on request, and its size known.
 * Here the rest is made up for, by the side table where it must be. All calls
 * are made under one lock, sizes are 1 to PTRDIFF_MAX, and NULL stands for no
 * memory, with everything as it was.
 */
#ifndef BLOCKS_H
#define BLOCKS_H

#include <stdbool.h>
#include <stddef.h>

/* Start the allocator (mm_init). False where it refuses; may be repeated. */
bool blocks_init(void);

void *block_new(size_t size);
void *block_new_zero(size_t count, size_t size); /* no overflow */
void *block_new_aligned(size_t align, size_t size);
void *block_resize(void *block, size_t size);
void block_delete(void *block);

/* Bytes that the program may use. */
size_t block_size(void *block);

#endif
