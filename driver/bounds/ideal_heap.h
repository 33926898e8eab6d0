/*
 * ideal_heap.h - a heap of addresses alone: best fit without metadata.
 *
 * The heap is divided into extents; an extent is a block in use or free. It
 * begins at address 0, which counts as a multiple of every alignment. A request
 * gets the smallest free extent that it fits into, the lowest of equals. A
 * freed block merges with its free neighbours at once. The break never falls:
 * memory that is freed below it stays a free extent. If no free extent is
 * large enough, the break rises; the last extent, if free, is part of the new
 * block.
 *
 * Sizes and addresses are in bytes. A size is a multiple of the granule and not
 * 0. The caller keeps the break below 2^63. All functions end the program
 * (fatal.h) if the driver is out of memory.
 */
#ifndef IDEAL_HEAP_H
#define IDEAL_HEAP_H

#include <stdint.h>

struct ideal_heap;
struct extent;

/*
 * A new, empty heap; the caller deletes it. Bit i of alignments, which is not
 * 0, says that requests may ask for a multiple of 1 << i. The lowest of these
 * is the granule. Each alignment costs 8 bytes per extent, and time.
 */
struct ideal_heap *ideal_heap_new(uint64_t alignments);
void ideal_heap_delete(struct ideal_heap *h);

/*
 * Allocate a block at a multiple of 1 << log2, which is one of the alignments,
 * or of the granule if log2 is 0. The heap owns the extent.
 */
struct extent *ideal_heap_alloc(struct ideal_heap *h, uint64_t size,
                                unsigned log2);

/* Free the block; the extent is not valid any more. */
void ideal_heap_free(struct ideal_heap *h, struct extent *e);

/*
 * Make the block larger or smaller: in place if the free extent behind it or
 * the break allows that. Otherwise the block moves, to a multiple of the
 * granule. Returns its extent; if it moved, the old one is not valid any more.
 */
struct extent *ideal_heap_resize(struct ideal_heap *h, struct extent *e,
                                 uint64_t size);

/* The address of the extent, in bytes above the heap's start. */
uint64_t ideal_heap_address(const struct extent *e);

/* The break: the highest end that a block ever had. */
uint64_t ideal_heap_break(const struct ideal_heap *h);

#endif
