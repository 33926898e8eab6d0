/*
 * mm.c - segregated fits, bitmap over bins
 *
 * Best fit without the search. Free blocks are kept in bins by size: below
 * 1 KiB one bin holds one size, above it four bins share each doubling. A bit
 * for each bin says whether there is anything in it, so the first bin that
 * can serve a request is found in a few instructions, and what it holds is
 * the best fit, or close to it.
 *
 *      bin      2   3   4  ...  63 |  64    65    66    67 |  68 ...
 *      size    32  48  64 ... 1008 | 1024  1280  1536  1792 | 2048 ...
 *      bitmap   0   1   0  ...   0 |   0     1     1     0 |   0 ...
 *                   v                    v     v
 *                   b <-> b              b     b <-> b
 *
 * Blocks tile the heap and carry boundary tags. The first word of a block is
 * its tag: its size, whose low bits say "I am in use" and "the block before
 * me is in use" (p). Only free blocks have a footer, which leads from the
 * block after back to their start.
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
 *      lo |pad| block | block | ... | block |end tag| brk
 *
 * The end tag is a block of size 0 that is always in use. When the heap grows
 * it becomes the tag of the new block, and if the last block is free the heap
 * grows only by what that block lacks.
 *
 * Invariants, between any two calls of mm_*:
 *   I1  Blocks tile the heap up to the end tag. Their sizes are multiples of
 *       ALIGN, MIN_BLOCK or more.
 *   I2  p of each block, and of the end tag, is set exactly if the block
 *       before it is in use; the first block's is set.
 *   I3  The footer of a free block is its size.
 *   I4  No two neighbours are both free.
 *   I5  Each free block is in the bin of its size, once, and the bins hold
 *       nothing else.
 *   I6  b->next->prev == b along a bin; its first block has no prev.
 *   I7  The bit of a bin is set exactly if it holds a block.
 *
 * Boundary tags are Knuth's (TAOCP 1, section 2.5), bins and bitmap those of
 * D. Lea ("A Memory Allocator", 1996), the bins within a doubling those of
 * TLSF (Masmano et al., 2004).
 */
#include "mm.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "memlib.h"

struct block {
    size_t tag;                /* size | PREV_IN_USE | IN_USE */
    struct block *next, *prev; /* in the bin; free blocks only */
};

enum {
    ALIGN = 16,
    WORD = sizeof(size_t),
    IN_USE = 1,
    PREV_IN_USE = 2,
    FLAGS = IN_USE | PREV_IN_USE,
    MIN_BLOCK = sizeof(struct block) + WORD, /* with its footer */

    LOG_EXACT = 10, /* below 1 KiB a bin holds one size */
    EXACT_BINS = (1 << LOG_EXACT) / ALIGN,
    DOUBLINGS = 14, /* the last bin is open: from 14 MiB up */
    LOG_STEPS = 2,  /* four bins to a doubling */
    STEPS = 1 << LOG_STEPS,
    BINS = EXACT_BINS + DOUBLINGS * STEPS,
    MAP_BITS = 64,
    MAP_WORDS = (BINS + MAP_BITS - 1) / MAP_BITS,
    LOOKS = 32, /* blocks looked at in a bin of several sizes */
};

_Static_assert(MIN_BLOCK % ALIGN == 0, "I1 for the smallest block");
_Static_assert(MAP_WORDS == 2 && BINS % MAP_BITS != 0,
               "bin_from looks at two words, and may be asked for BINS");
_Static_assert(sizeof(long) == WORD, "__builtin_clzl takes a size_t");

/* More than any heap holds; and of a size that mem_sbrk can be asked for. */
static const size_t MAX_PAYLOAD = PTRDIFF_MAX - 2 * ALIGN;

static struct {
    struct block *end; /* the end tag */
    uint64_t map[MAP_WORDS];
    struct block *bin[BINS];
} heap;

/* ---- Blocks: the only pointer arithmetic. ---- */

static size_t block_size(const struct block *b)
{
    return b->tag & ~(size_t)FLAGS;
}

static bool block_in_use(const struct block *b)
{
    return b->tag & IN_USE;
}

static bool block_prev_in_use(const struct block *b)
{
    return b->tag & PREV_IN_USE;
}

static struct block *block_next(const struct block *b)
{
    return (struct block *)((char *)b + block_size(b));
}

static size_t *block_footer(const struct block *b)
{
    return (size_t *)block_next(b) - 1;
}

/* The block before b, which must be free: its footer adjoins b's tag. */
static struct block *block_prev(const struct block *b)
{
    return (struct block *)((char *)b - ((size_t *)b)[-1]);
}

static void *block_payload(const struct block *b)
{
    return (char *)b + WORD;
}

static struct block *block_of(void *payload)
{
    return (struct block *)((char *)payload - WORD);
}

/* The first block of the heap; in an empty heap, the end tag. */
static struct block *heap_first(void)
{
    return (struct block *)((char *)mem_heap_lo() + ALIGN - WORD);
}

/* The size of a block for that payload; 0 where no heap could hold it. */
static size_t block_size_for(size_t payload)
{
    size_t size = (payload + WORD + ALIGN - 1) & ~(size_t)(ALIGN - 1);

    if (payload > MAX_PAYLOAD)
        return 0;
    return size < MIN_BLOCK ? MIN_BLOCK : size;
}

static void block_set_free(struct block *b, size_t size)
{
    b->tag = size | (b->tag & PREV_IN_USE);
    *block_footer(b) = size;
    block_next(b)->tag &= ~(size_t)PREV_IN_USE;
}

static void block_set_in_use(struct block *b)
{
    b->tag |= IN_USE;
    block_next(b)->tag |= PREV_IN_USE;
}

/* ---- Bins. ---- */

/* Above EXACT_BINS the two bits below the highest tell the step. */
static size_t bin_of(size_t size)
{
    size_t high, bin;

    if (size < 1 << LOG_EXACT)
        return size / ALIGN;
    high = 8 * WORD - 1 - (size_t)__builtin_clzl(size);
    bin = EXACT_BINS + (high - LOG_EXACT) * STEPS +
          (size >> (high - LOG_STEPS)) % STEPS;
    return bin < BINS ? bin : BINS - 1;
}

static void bin_push(struct block *b)
{
    size_t bin = bin_of(block_size(b));

    b->prev = NULL;
    b->next = heap.bin[bin];
    if (b->next)
        b->next->prev = b;
    heap.bin[bin] = b;
    heap.map[bin / MAP_BITS] |= (uint64_t)1 << bin % MAP_BITS;
}

static void bin_remove(struct block *b)
{
    size_t bin;

    if (b->next)
        b->next->prev = b->prev;
    if (b->prev) {
        b->prev->next = b->next;
        return;
    }
    bin = bin_of(block_size(b));
    heap.bin[bin] = b->next;
    if (!b->next)
        heap.map[bin / MAP_BITS] &= ~((uint64_t)1 << bin % MAP_BITS);
}

/* The first bin from this one up that is not empty; BINS if there is none. */
static size_t bin_from(size_t bin)
{
    size_t word = bin / MAP_BITS;
    uint64_t bits = heap.map[word] & ~(uint64_t)0 << bin % MAP_BITS;

    if (bits == 0 && word == 0)
        bits = heap.map[++word];
    if (bits == 0)
        return BINS;
    return word * MAP_BITS + (size_t)__builtin_ctzll(bits);
}

/* The best of the first LOOKS blocks; an exact bin answers at once. */
static struct block *bin_best(size_t bin, size_t size)
{
    struct block *best = NULL;
    int looks = bin < EXACT_BINS ? 1 : LOOKS;

    for (struct block *b = heap.bin[bin]; b && looks > 0; b = b->next, looks--)
        if (block_size(b) >= size &&
            (!best || block_size(b) < block_size(best)))
            best = b;
    return best;
}

/* Two bins at most: above a request's own bin every block fits. */
static struct block *find_fit(size_t size)
{
    for (size_t bin = bin_from(bin_of(size)); bin < BINS;
         bin = bin_from(bin + 1)) {
        struct block *b = bin_best(bin, size);

        if (b)
            return b;
    }
    return NULL;
}

/* ---- Splitting, merging, growing. ---- */

/*
 * Free b: merge it with whichever neighbours are free and list the result.
 * By I4 neither neighbour has a free neighbour of its own, so one look on
 * each side restores the invariant.
 */
static struct block *release(struct block *b)
{
    struct block *next = block_next(b);
    size_t size = block_size(b);

    if (!block_in_use(next)) {
        bin_remove(next);
        size += block_size(next);
    }
    if (!block_prev_in_use(b)) {
        b = block_prev(b);
        bin_remove(b);
        size += block_size(b);
    }
    block_set_free(b, size);
    bin_push(b);
    return b;
}

/* Cut b, in use, after size bytes; returns the second part, in use too. */
static struct block *split(struct block *b, size_t size)
{
    size_t rest = block_size(b) - size;

    b->tag -= rest;
    block_next(b)->tag = rest | PREV_IN_USE | IN_USE;
    return block_next(b);
}

/* Free what b, in use, has beyond size, where that is enough for a block. */
static void trim(struct block *b, size_t size)
{
    if (block_size(b) - size >= MIN_BLOCK)
        release(split(b, size));
}

/*
 * Grow the heap by size bytes; returns the last block, free, which has them
 * at its end. NULL where memlib refuses, and nothing has changed. Not a byte
 * in advance: what is left over at the top would attract small blocks, and a
 * block that grows at the top (grow_in_place) would run into them.
 */
static struct block *heap_grow(size_t size)
{
    size_t bytes = size < MIN_BLOCK ? MIN_BLOCK : size; /* I1 */
    struct block *b = heap.end;

    if (mem_sbrk((intptr_t)bytes) == (void *)-1)
        return NULL;
    b->tag += bytes; /* no longer the end tag: a block, in use until released */
    heap.end = block_next(b);
    heap.end->tag = IN_USE | PREV_IN_USE;
    return release(b);
}

/* A free block of size bytes at the heap's top, of which some may be there. */
static struct block *grow_last(size_t size)
{
    struct block *last;

    if (block_prev_in_use(heap.end))
        return heap_grow(size);
    last = block_prev(heap.end);
    if (block_size(last) >= size) /* bin_best did not look that far */
        return last;
    return heap_grow(size - block_size(last));
}

/* Let b, in use, have size bytes where it lies, if what follows allows it. */
static bool grow_in_place(struct block *b, size_t size)
{
    struct block *next = block_next(b);
    size_t lacking = size - block_size(b);
    size_t room = block_in_use(next) ? 0 : block_size(next);
    bool at_top = next == heap.end || (room && block_next(next) == heap.end);

    if (room < lacking && (!at_top || !heap_grow(lacking - room)))
        return false;
    bin_remove(next); /* which is the old end tag, if it was that */
    b->tag += block_size(next);
    block_set_in_use(b);
    return true;
}

/* ---- The contract of mm.h. ---- */

/* One request only: where it is refused, nothing has happened. */
int mm_init(void)
{
    memset(&heap, 0, sizeof heap);
    if (mem_sbrk(ALIGN) == (void *)-1)
        return -1;
    heap.end = heap_first();
    heap.end->tag = IN_USE | PREV_IN_USE;
    return 0;
}

void *mm_malloc(size_t payload)
{
    size_t size = block_size_for(payload);
    struct block *b;

    if (payload == 0 || size == 0)
        return NULL;
    b = find_fit(size);
    if (!b)
        b = grow_last(size);
    if (!b)
        return NULL;
    bin_remove(b);
    block_set_in_use(b);
    trim(b, size);
    return block_payload(b);
}

void mm_free(void *ptr)
{
    if (ptr)
        release(block_of(ptr));
}

static void *move(void *ptr, size_t payload)
{
    void *new = mm_malloc(payload);

    if (!new)
        return NULL;
    memcpy(new, ptr, mm_usable_size(ptr));
    mm_free(ptr);
    return new;
}

void *mm_realloc(void *ptr, size_t payload)
{
    size_t size = block_size_for(payload);

    if (!ptr)
        return mm_malloc(payload);
    if (payload == 0) {
        mm_free(ptr);
        return NULL;
    }
    if (size == 0)
        return NULL;
    if (size > block_size(block_of(ptr)) && !grow_in_place(block_of(ptr), size))
        return move(ptr, payload);
    trim(block_of(ptr), size);
    return ptr;
}

void *mm_calloc(size_t count, size_t size)
{
    void *ptr;

    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    ptr = mm_malloc(count * size);
    return ptr ? memset(ptr, 0, count * size) : NULL;
}

/*
 * Allocate so much that the payload can start at a multiple of align, either
 * at once or behind a block of its own, which is then freed again.
 */
void *mm_memalign(size_t align, size_t payload)
{
    struct block *b, *lead;
    size_t offset;
    void *ptr;

    if (align <= ALIGN || payload == 0)
        return mm_malloc(payload);
    if (align > MAX_PAYLOAD || payload > MAX_PAYLOAD)
        return NULL;
    ptr = mm_malloc(payload + align + MIN_BLOCK);
    if (!ptr)
        return NULL;
    offset = -(uintptr_t)ptr & (align - 1);
    if (offset != 0 && offset < MIN_BLOCK)
        offset += align;
    b = block_of(ptr);
    if (offset != 0) {
        lead = b;
        b = split(lead, offset);
        release(lead);
    }
    trim(b, block_size_for(payload));
    return block_payload(b);
}

size_t mm_usable_size(void *ptr)
{
    return ptr ? block_size(block_of(ptr)) - WORD : 0;
}

/* ---- The audit. ---- */

/* I1 first: only a block of sound size may be followed to its footer. */
static int audit_block(const struct block *b, bool prev_in_use)
{
    size_t size = block_size(b);

    if (size % ALIGN != 0 || size < MIN_BLOCK ||
        size > (size_t)((char *)heap.end - (char *)b))
        return 1;
    if (block_prev_in_use(b) != prev_in_use)
        return 2;
    if (!block_in_use(b) && *block_footer(b) != size)
        return 3;
    if (!block_in_use(b) && !prev_in_use)
        return 4;
    return 0;
}

/* I1 to I4; counts the free blocks. */
static int audit_blocks(size_t *free_blocks)
{
    bool prev_in_use = true;
    struct block *b = heap_first();

    for (; b < heap.end; b = block_next(b)) {
        int broken = audit_block(b, prev_in_use);

        if (broken)
            return broken;
        prev_in_use = block_in_use(b);
        *free_blocks += !prev_in_use;
    }
    if (block_size(heap.end) != 0 || !block_in_use(heap.end) ||
        (char *)heap.end + WORD != (char *)mem_heap_hi() + 1)
        return 1;
    return block_prev_in_use(heap.end) == prev_in_use ? 0 : 2;
}

/* Whether b, from a link that may be broken, can be a free block at all. */
static bool heap_has_free(const struct block *b)
{
    return b >= heap_first() && b < heap.end &&
           (uintptr_t)block_payload(b) % ALIGN == 0 && !block_in_use(b) &&
           block_size(b) >= MIN_BLOCK;
}

/*
 * I5 to I7 for one bin; takes its blocks off the count. By I6 no block is
 * reached from two others, so the walk ends whatever the links have become.
 */
static int audit_bin(size_t bin, size_t *free_blocks)
{
    struct block *prev = NULL, *b = heap.bin[bin];

    if ((heap.map[bin / MAP_BITS] >> bin % MAP_BITS & 1) != (b != NULL))
        return 7;
    for (; b; prev = b, b = b->next, --*free_blocks) {
        if (!heap_has_free(b) || bin_of(block_size(b)) != bin)
            return 5;
        if (b->prev != prev)
            return 6;
    }
    return 0;
}

int mm_audit(void)
{
    size_t free_blocks = 0;
    int broken = audit_blocks(&free_blocks);

    for (size_t bin = 0; bin < BINS && !broken; bin++)
        broken = audit_bin(bin, &free_blocks);
    if (broken)
        return broken;
    return free_blocks == 0 ? 0 : 5;
}
