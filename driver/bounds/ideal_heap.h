/*
 * ideal_heap.h - a heap of addresses alone: best fit, without headers.
 *
 * It begins at 0, a multiple of every alignment. A request gets the smallest
 * hole that it fits into, of equals the lowest; a freed block merges with its
 * neighbours at once. The break, holes_top, never falls: memory freed below it
 * is a hole like others. Where no hole has the room, the last one, if it ends
 * at the break, grows with it until it has.
 *
 * Sizes and addresses are in bytes; a size is not 0 and a multiple of the
 * granule. Memory is taken for live blocks and the holes between them.
 */
#ifndef IDEAL_HEAP_H
#define IDEAL_HEAP_H

#include <stdint.h>

struct ideal_heap;
struct extent;

/*
 * Bit i of alignments: requests may ask for a multiple of 1 << i. The lowest of
 * them is the granule. The more there are, the more a hole costs.
 */
struct ideal_heap *ideal_heap_new(uint64_t alignments);
void ideal_heap_delete(struct ideal_heap *h);

/* A block at a multiple of 1 << log2, one of the alignments; 0: the granule. */
struct extent *ideal_heap_alloc(struct ideal_heap *h, uint64_t size,
                                unsigned log2);

/* The block is free, and no block any more. */
void ideal_heap_free(struct ideal_heap *h, struct extent *e);

/*
 * Make it larger or smaller: in place where the hole behind or the break allows
 * it, else it moves to a place for the granule. Returns the block as it is then.
 */
struct extent *ideal_heap_resize(struct ideal_heap *h, struct extent *e,
                                 uint64_t size);

uint64_t ideal_heap_address(const struct extent *e);

/* The break: how high blocks ever reached. */
uint64_t ideal_heap_break(const struct ideal_heap *h);

#endif
