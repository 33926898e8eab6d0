/*
 * blocks.h - the C library's blocks from any allocator of mm.h.
 *
 * The C library promises more than mm.h does: every block starts at a multiple
 * of 16 (of 8 with 32 bits), or of any power of two on request, and its size
 * can be asked for. blocks.c adds what the allocator lacks. What it must
 * remember of a block is in an entry of the side table.
 *
 * Blocks of BLOCK_MAPPED bytes or more, or alignment, are mappings of their own
 * (mapping.h), whatever the allocator: so each may be as large as the system
 * allows, a resize copies no page, and the system has its memory once it is
 * freed. Where the system has no addresses left (ulimit -v), the allocator's
 * heap may have: it is asked then.
 *
 * The caller holds one lock for all calls. Sizes and alignments are bytes,
 * sizes from 1 to PTRDIFF_MAX. A block is the caller's until block_delete or
 * block_resize; no block is NULL. A function that returns NULL found no memory,
 * and nothing has changed.
 */
#ifndef BLOCKS_H
#define BLOCKS_H

#include <stdbool.h>
#include <stddef.h>

/* As many as glibc, at its highest, leaves in its heap. */
enum { BLOCK_MAPPED = 32 << 20 };

/* Mappings lie at multiples of it: bytes of the smallest page there is. */
enum { LEAST_PAGE = 4096 };

/* Call mm_init. False if it fails; the caller may try again. */
bool blocks_init(void);

/* A block of at least size bytes, fewer than BLOCK_MAPPED; not cleared. */
void *block_new(size_t size);

/* A block of count * size bytes, all zero; the product does not overflow. */
void *block_new_zero(size_t count, size_t size);

/* A block of at least size bytes at a multiple of align, a power of two. */
void *block_new_aligned(size_t align, size_t size);

/*
 * Resize a block, moving it if necessary; the first min(old, new) bytes keep
 * their contents. If it returns NULL, the block is still in use.
 */
void *block_resize(void *block, size_t size);

/* Give back a block. */
void block_delete(void *block);

/*
 * May a block of that usable size have been requested with size bytes? As far
 * as it can be told: an allocator without mm_good_size may have rounded it up.
 */
bool block_may_be_of(size_t usable, size_t size);

/* How many bytes of the block the program may use: those asked for, or more. */
size_t block_size(void *block);

#endif
