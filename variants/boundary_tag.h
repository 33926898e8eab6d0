/*
 * boundary_tag.h - one block format for eight disciplines
 *
 * The heap is a row of blocks without gaps. Every block starts with a word,
 * its tag: the size of the whole block, which leaves the low bits over for
 * two flags, "I am in use" and "the block before me is in use" (p).
 *
 *            in use                           free
 *      +-------------+-+-+             +-------------+-+-+
 *      | size        |p|1|             | size        |p|0|  <- tag
 *      +-------------+-+-+             +-------------+-+-+
 *      | payload         |             | next            |  <- 16-aligned
 *      |                 |             +-----------------+
 *      |                 |             | prev            |
 *      |                 |             +-----------------+
 *      |                 |             | ...             |
 *      |                 |             +-----------------+
 *      |                 |             | size            |  <- footer
 *      +-----------------+             +-----------------+
 *
 * A freed block must find both neighbours in constant time. The block after it
 * is at b + size. The start of the block before it follows from that block's
 * footer. Only a free neighbour matters, so only free blocks have footers, in
 * space that is not used otherwise; p says whether there is a footer to read.
 * The overhead of a block in use is one word. (Boundary tags and the size at
 * both ends of a free block: Knuth, TAOCP 1, section 2.5, Algorithm C. The flag
 * in the next block's tag: D. Lea's malloc.)
 *
 *      lo |pad| block | block | ... | block |end tag| brk
 *
 * The pad puts the first tag one word below a multiple of 16. The end tag is a
 * block of size 0, always in use, so that no block is merged with the memory
 * behind it. When the heap grows, the end tag becomes the tag of the new block.
 *
 * Invariants, between any two calls of mm_*:
 *   I1  Blocks tile the heap up to the end tag. Their sizes are multiples of
 *       ALIGN, MIN_BLOCK or more.
 *   I2  p of each block, and of the end tag, is set exactly if the block
 *       before it is in use; the first block's is set.
 *   I3  The footer of a free block is its size.
 *   I4  No two neighbours are both free.
 *
 * That is the mechanism. The placement policy, or discipline, is in which order
 * the free blocks are kept, and which of them a request takes. Wilson et al.
 * ("Dynamic Storage Allocation: A Survey and Critical Review", 1995) advise to
 * think of the two apart: each variant includes this file once, defines the
 * five functions free_blocks_* below, and is an allocator.
 */
#ifndef BOUNDARY_TAG_H
#define BOUNDARY_TAG_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "memlib.h"
#include "mm.h"

struct block {
    size_t tag;                /* size | PREV_IN_USE | IN_USE */
    struct block *next, *prev; /* in free blocks, for the discipline */
};

enum {
    ALIGN = 16,
    WORD = sizeof(size_t),
    IN_USE = 1,
    PREV_IN_USE = 2,
    FLAGS = IN_USE | PREV_IN_USE,
    MIN_BLOCK = sizeof(struct block) + WORD, /* with its footer */
    CHUNK = 4096, /* bytes the heap grows by, at least */
};

_Static_assert(MIN_BLOCK % ALIGN == 0, "I1 for the smallest block");

/* Bytes; more than any heap holds, and mem_sbrk can be asked for it. */
static const size_t MAX_PAYLOAD = PTRDIFF_MAX - CHUNK;

/* ---- The discipline: defined by each variant. ---- */

/* The heap is empty: forget all blocks. */
static void free_blocks_reset(void);

/* b has become free; its tag and footer are written, no neighbour is free. */
static void free_blocks_add(struct block *b);

/* b, unchanged since free_blocks_add, is about to be used or merged. */
static void free_blocks_remove(struct block *b);

/* A free block of at least size bytes, not removed yet; NULL if none. */
static struct block *free_blocks_find(size_t size);

/* 0, or the number of the policy's own invariant that is broken. */
static int free_blocks_audit(void);

/* ---- Blocks: the only pointer arithmetic. ---- */

static inline size_t block_size(const struct block *b)
{
    return b->tag & ~(size_t)FLAGS;
}

static inline bool block_in_use(const struct block *b)
{
    return b->tag & IN_USE;
}

static inline bool block_prev_in_use(const struct block *b)
{
    return b->tag & PREV_IN_USE;
}

static inline bool block_is_end(const struct block *b)
{
    return block_size(b) == 0;
}

static inline struct block *block_next(const struct block *b)
{
    return (struct block *)((char *)b + block_size(b));
}

static inline size_t *block_footer(const struct block *b)
{
    return (size_t *)block_next(b) - 1;
}

/* The block before b, which must be free: its footer adjoins b's tag. */
static inline struct block *block_prev(const struct block *b)
{
    return (struct block *)((char *)b - ((size_t *)b)[-1]);
}

static inline void *block_payload(const struct block *b)
{
    return (char *)b + WORD;
}

static inline struct block *block_of(void *payload)
{
    return (struct block *)((char *)payload - WORD);
}

/* The first block of the heap; in an empty heap, the end tag. */
static inline struct block *heap_first(void)
{
    return (struct block *)((char *)mem_heap_lo() + ALIGN - WORD);
}

static inline struct block *heap_end(void)
{
    return (struct block *)((char *)mem_heap_hi() + 1 - WORD);
}

/* The size of a block for that payload; 0 where no heap could hold it. */
static inline size_t block_size_for(size_t payload)
{
    size_t size = (payload + WORD + ALIGN - 1) & ~(size_t)(ALIGN - 1);

    if (payload > MAX_PAYLOAD)
        return 0;
    return size < MIN_BLOCK ? MIN_BLOCK : size;
}

static inline void block_set_free(struct block *b, size_t size)
{
    b->tag = size | (b->tag & PREV_IN_USE);
    *block_footer(b) = size;
    block_next(b)->tag &= ~(size_t)PREV_IN_USE;
}

static inline void block_set_in_use(struct block *b)
{
    b->tag |= IN_USE;
    block_next(b)->tag |= PREV_IN_USE;
}

/* ---- The mechanism. ---- */

/*
 * Free b, merging it with whichever neighbours are free. By I4 these have no
 * free neighbours of their own, so one look on each side restores I4.
 */
static inline struct block *release(struct block *b)
{
    struct block *next = block_next(b);
    size_t size = block_size(b);

    if (!block_in_use(next)) {
        free_blocks_remove(next);
        size += block_size(next);
    }
    if (!block_prev_in_use(b)) {
        b = block_prev(b);
        free_blocks_remove(b);
        size += block_size(b);
    }
    block_set_free(b, size);
    free_blocks_add(b);
    return b;
}

/* Free what b, in use, has beyond size, where that is enough for a block. */
static inline void split(struct block *b, size_t size)
{
    size_t rest = block_size(b) - size;

    if (rest < MIN_BLOCK)
        return;
    b->tag -= rest;
    block_next(b)->tag = rest | PREV_IN_USE | IN_USE;
    release(block_next(b));
}

/* Merge b, in use, with the free block after it. */
static inline void merge_next(struct block *b)
{
    struct block *next = block_next(b);

    free_blocks_remove(next);
    b->tag += block_size(next);
    block_set_in_use(b);
}

/* Grow the heap by a free block of at least size bytes; NULL if refused. */
static inline struct block *heap_grow(size_t size)
{
    size_t bytes = size < CHUNK ? CHUNK : size;
    struct block *b = heap_end();

    if (mem_sbrk((intptr_t)bytes) == (void *)-1)
        return NULL;
    b->tag += bytes; /* no longer the end tag: a block, in use until released */
    heap_end()->tag = IN_USE | PREV_IN_USE;
    return release(b);
}

/* Move the payload of b to a new block; on failure b stays as it is. */
static inline void *move(struct block *b, size_t payload)
{
    void *new = mm_malloc(payload);

    if (!new)
        return NULL;
    memcpy(new, block_payload(b), block_size(b) - WORD);
    release(b);
    return new;
}

/* ---- The contract of mm.h. ---- */

/* One request for memory; where it is refused, nothing has changed. */
int mm_init(void)
{
    free_blocks_reset();
    if (mem_sbrk(ALIGN) == (void *)-1)
        return -1;
    heap_end()->tag = IN_USE | PREV_IN_USE;
    return 0;
}

void *mm_malloc(size_t payload)
{
    size_t size = block_size_for(payload);
    struct block *b;

    if (payload == 0 || size == 0)
        return NULL;
    b = free_blocks_find(size);
    if (!b)
        b = heap_grow(size);
    if (!b)
        return NULL;
    free_blocks_remove(b);
    block_set_in_use(b);
    split(b, size);
    return block_payload(b);
}

void mm_free(void *ptr)
{
    if (ptr)
        release(block_of(ptr));
}

size_t mm_usable_size(void *ptr)
{
    return ptr ? block_size(block_of(ptr)) - WORD : 0;
}

/* Stay in place where b is large enough, alone or with a free next block. */
static inline void *resize(struct block *b, size_t payload)
{
    size_t size = block_size_for(payload);
    struct block *next = block_next(b);

    if (size == 0)
        return NULL;
    if (size > block_size(b) && !block_in_use(next) &&
        size <= block_size(b) + block_size(next))
        merge_next(b);
    if (size > block_size(b))
        return move(b, payload);
    split(b, size);
    return block_payload(b);
}

void *mm_realloc(void *ptr, size_t payload)
{
    if (!ptr)
        return mm_malloc(payload);
    if (payload == 0) {
        mm_free(ptr);
        return NULL;
    }
    return resize(block_of(ptr), payload);
}

/* ---- The audit. ---- */

/* The number of free blocks, for audits that count their own. */
static inline size_t heap_count_free(void)
{
    size_t count = 0;

    for (struct block *b = heap_first(); !block_is_end(b); b = block_next(b))
        count += !block_in_use(b);
    return count;
}

/* Whether b, from a link that may be broken, can be a free block at all. */
static inline bool heap_has_free(const struct block *b)
{
    return b >= heap_first() && b < heap_end() &&
           (uintptr_t)block_payload(b) % ALIGN == 0 && !block_in_use(b) &&
           block_size(b) >= MIN_BLOCK;
}

/* I1 first: only a block of sound size may be followed to its footer. */
static inline int audit_block(const struct block *b, bool prev_in_use)
{
    size_t size = block_size(b);

    if (size % ALIGN != 0 || size < MIN_BLOCK ||
        size > (size_t)((char *)heap_end() - (char *)b))
        return 1;
    if (block_prev_in_use(b) != prev_in_use)
        return 2;
    if (!block_in_use(b) && *block_footer(b) != size)
        return 3;
    if (!block_in_use(b) && !prev_in_use)
        return 4;
    return 0;
}

int mm_audit(void)
{
    bool prev_in_use = true;
    struct block *b = heap_first(), *end = heap_end();

    for (; b < end; b = block_next(b)) {
        int broken = audit_block(b, prev_in_use);

        if (broken)
            return broken;
        prev_in_use = block_in_use(b);
    }
    if (!block_is_end(end) || !block_in_use(end))
        return 1;
    if (block_prev_in_use(end) != prev_in_use)
        return 2;
    return free_blocks_audit();
}

#endif
