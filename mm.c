/*
 * mm.c - no headers, marks in a map
 *
 * A block carries nothing but its payload. What other allocators keep in
 * headers lies apart, in a map with two bits for each granule of 16 bytes: 1/64
 * of the heap, however small its blocks are.
 *
 *      heap   | payload       | free              |payl.| cached    |payload
 *      map     11  00  00  00  01  00  00  00  01  11    10  00  00  11  00
 *              USED            FREE            FREE USED CACHED      USED
 *
 * The first granule of a block has a mark: USED, CACHED or FREE. A free block
 * has FREE on its last granule as well, so that the block behind it can tell.
 * All others are INSIDE. The size of a block in use is the distance to the next
 * mark: a shift, and a count of zeros. Large blocks have their size written
 * into the map, from granule 32 on, after three FREEs in a row; these occur
 * nowhere else, for free neighbours are merged.
 *
 *      map     11 00 ... 00 01 01 01 0d 0d 0d ... 0d 00 ... 00 11
 *              g            g + 32   28 digits of the size      next block
 *
 * Free blocks hold what is needed to find them, and their size at both ends,
 * all counted in granules:
 *
 *      +------+------+------+-         -+------+
 *      | next | slot | size |    ...    | size |
 *      +------+------+------+-         -+------+
 *
 * A slot is where four bytes lie, counted in fours from the heap's start: a
 * block's slot is where its own number is kept, in the next of another block or
 * in a bin. There is a bin for each size below 64 granules, four for each
 * doubling above, and a bit for each bin that holds something: the first bit at
 * or above the size asked for is the best fit.
 *
 * Freed blocks below 512 bytes are not merged at once. They go to a cache, a
 * list for each size, and most come back from there soon: one load, one store,
 * one bit each way. A cache that is found empty is filled with several blocks
 * side by side, twice as many each time: so blocks of one size become
 * neighbours, and may be merged into room for something larger. Before the heap
 * grows, or room is sought for a large block, and there is more than a little in
 * the caches, they are flushed: what is in them is merged and binned. For a large
 * block the smallest, of less than four granules, stay where they are.
 *
 *      lo | bins | block | block | ... | block |   wilderness   | map | brk
 *                                               ^ USED, the sentinel
 *
 * The wilderness has no other marks, and is used last. The map hangs from the
 * break, its words in downward order, and moves with it while it is small; then
 * it gets pages of its own, and grows downwards there.
 *
 * Invariants, between any two calls of mm_*:
 *   I1  Blocks tile the heap from the bins to the wilderness. Each has its
 *       mark, a free one its second, a large one its size; all other granules
 *       are INSIDE. The sentinel is USED.
 *   I2  No free block has a free neighbour, or the wilderness behind it.
 *   I3  Both sizes of a free block are its size.
 *   I4  Each free block is in the bin of its size, once, the clean ones last,
 *       and the bins hold nothing else.
 *   I5  A free block's slot holds that block's number.
 *   I6  The bit of a bin is set just if it holds a block.
 *   I7  Each cached block is in the cache of its size, once, and the caches hold
 *       nothing else. The bit of a cache that holds a block is set.
 *   I8  The map covers the wilderness and MAP_MARGIN granules more.
 *   I9  What the caches hold, and may yet, adds up to purge_threshold; the sizes
 *       of all free blocks add up to free_granules.
 *
 * Built with MM_ALIGNMENT=8, granules have 8 bytes and blocks two or more. With
 * MM_HARDENED, freed blocks are filled and looked at when they are used again.
 *
 * Marks instead of headers: cf. H.-J. Boehm and M. Weiser, "Garbage Collection
 * in an Uncooperative Environment", 1988. Caches that merge later: deferred
 * coalescing, P. R. Wilson et al., "Dynamic Storage Allocation: A Survey and
 * Critical Review", 1995. Bins within a doubling: TLSF, M. Masmano et al., 2004.
 * The wilderness: D. G. Korn and K.-P. Vo, "In Search of a Better Malloc", 1985.
 * docs/flagship.md has what was tried, and what it did.
 */
#include "mm.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memlib.h"

enum mark { INSIDE, FREE, CACHED, USED };

#ifndef MM_ALIGNMENT
#define MM_ALIGNMENT 16
#endif

#ifdef MM_HARDENED
enum { HARDENED = true };
#else
enum { HARDENED = false };
#endif

#ifdef MM_FIXED_MAP
enum { FIXED_MAP = true };
#else
enum { FIXED_MAP = false };
#endif

enum {
    GRANULE = MM_ALIGNMENT, /* bytes; what a mark is for */
    GRANULE_LOG2 = GRANULE == 16 ? 4 : 3,
    MIN_BLOCK = 16 / GRANULE,       /* granules: the smallest block */
    WORD_BITS = 64,                 /* bits */
    MARKS_PER_WORD = WORD_BITS / 2, /* marks in a word of the map */
    MARKS_PER_BYTE = 8 / 2,

    CACHES = MARKS_PER_WORD - 1, /* sizes that a window shows, in granules */
    MAX_REFILL = 16,             /* blocks that an empty cache gets at once */

    EXACT_BINS = 64,       /* sizes below this have a bin each */
    BINS_PER_DOUBLING = 4, /* bins for a doubling, from there on */
    DOUBLINGS = 12,        /* up to 2^18 granules */
    BINS = EXACT_BINS + BINS_PER_DOUBLING * DOUBLINGS,
    LAST_BIN = BINS - 1, /* has all that are larger, too */
    MAX_PROBES =
        3, /* blocks that are looked at in other bins of several sizes */

    MIN_RECORDED =
        3 * MARKS_PER_WORD, /* from this size on the map has a block's size */
    SIZE_BITS = 28,
    MAP_MARGIN =
        4 * MARKS_PER_WORD, /* beyond the heap, for windows at its end */

    LINK_BYTES = 4, /* bytes */
    LINKS_PER_GRANULE = GRANULE / LINK_BYTES,
    FIRST_BIN_LINK =
        LINKS_PER_GRANULE, /* granule 0 is nobody's: what 0 points to */
    BIN_GRANULES = (FIRST_BIN_LINK + BINS) * LINK_BYTES / GRANULE,

    INITIAL_MAP = 256,      /* bytes */
    MAX_MAP_IN_HEAP = 8191, /* bytes; a larger map has pages of its own */
    GROWTH_MAP_IN_HEAP =
        256, /* the heap grows by this part of itself, or more, */
    GROWTH_MAP_APART = 4096, /* while the map moves with it, and later */
    FLUSH_BASE =
        2048 / GRANULE, /* that even a small heap may leave in caches */
    PURGE_BASE = (8 << 20) / GRANULE, /* that any heap may free and keep */
    MIN_PURGED = 4096 / GRANULE,      /* the least that may hold a page */
};

_Static_assert(GRANULE == 8 || GRANULE == 16, "MM_ALIGNMENT is 8 or 16");
_Static_assert((FIRST_BIN_LINK + BINS) * LINK_BYTES % GRANULE == 0,
               "whole granules");
_Static_assert(EXACT_BINS == WORD_BITS && BINS <= 2 * WORD_BITS,
               "nonempty_bins has two words");

/* Caches of blocks of four granules and more. */
static const uint32_t FLUSHED_FOR_LARGE = ~(uint32_t)7;

static const size_t MAX_BLOCK = ((size_t)1 << SIZE_BITS) - 1;

/* Granules: the number of a slot has 32 bits. */
static const size_t MAX_HEAP = (size_t)1 << 30;

/* A free block, as far as it has room for it. */
struct free_block {
    uint32_t next;        /* the next one of its bin; 0: none */
    uint32_t linked_from; /* that holds this one's number */
    uint32_t size;  /* in granules, and once more in the last four bytes */
    uint32_t clean; /* from MIN_PURGED up: the system has its pages */
};

static struct {
    void *cache[CACHES]; /* by size - 1; linked through their first bytes */
    char *base;          /* granule 0 */
    uint64_t *map_end; /* its end: the marks of granule 0 are in map_end[-1] */
    size_t top_chunk;  /* the sentinel: first granule of the wilderness */
    size_t end;        /* granule behind the wilderness */
    size_t brk;        /* granule at the break */
    size_t never_used_from; /* from here on memory was never used */
    size_t map_granules;    /* granules that the map has marks for */
    bool map_has_pages;
    uint32_t nonempty_caches;    /* bit k: there is something in cache k */
    uint32_t refilled_caches;    /* bit k: it was filled since the last flush */
    int32_t cache_budget;        /* granules that the caches may yet take, of */
    int32_t purge_threshold;     /* what is freed before pages are given back */
    unsigned purge_count;        /* how often pages were given back */
    size_t dirty_end;            /* the wilderness may have pages up to here */
    size_t free_granules;        /* granules in bins, */
    size_t purgeable_at_reset;   /* and all that were idle when all was well */
    uint8_t next_refill[CACHES]; /* blocks that the cache is filled with next */
    uint64_t nonempty_bins[2];   /* bit b: bin b holds something */
} heap;

static inline bool likely(bool yes)
{
    return __builtin_expect(yes, true);
}

/* ---- Faults of the program. ---- */

/* Write "mm: WHAT: 0xADDRESS", without printf, which may need a malloc. */
static _Noreturn void fault(const char *what, const void *where)
{
    enum { POINTER_DIGITS = 2 * sizeof where };
    char line[128] = "mm: ", *end = line + 4;
    uintptr_t rest = (uintptr_t)where;

    for (; *what; what++)
        *end++ = *what;
    memcpy(end, ": 0x", 4);
    end += 4;
    for (int i = POINTER_DIGITS; i > 0; i--, rest /= 16)
        end[i - 1] = "0123456789abcdef"[rest % 16];
    end += POINTER_DIGITS;
    *end++ = '\n';
    (void)!write(STDERR_FILENO, line, (size_t)(end - line));
    abort();
}

/* ---- Granules: the only pointer arithmetic but the map's. ---- */

static inline void *address(size_t g)
{
    return heap.base + g * GRANULE;
}

/*
 * The number of the granule that starts there: far beyond all others where
 * none does, for what is not a multiple of GRANULE wraps around to the top.
 */
static inline size_t granule_at(const void *payload)
{
    size_t offset = (size_t)((const char *)payload - heap.base);

    return offset / GRANULE | offset << (8 * sizeof offset - GRANULE_LOG2);
}

static inline struct free_block *free_block(size_t g)
{
    return address(g);
}

/* The size of the free block that ends before g. */
static inline uint32_t *size_before(size_t g)
{
    return (uint32_t *)address(g) - 1;
}

static inline uint32_t *link_at(size_t number)
{
    return (uint32_t *)(void *)heap.base + number;
}

static inline size_t granules_for(size_t bytes)
{
    size_t granules = (bytes + GRANULE - 1) / GRANULE;

    return granules < MIN_BLOCK ? MIN_BLOCK : granules;
}

/* ---- Marks: words go downwards from the map's end, bits upwards. ---- */

static inline uint64_t *map_word(size_t g)
{
    return heap.map_end + ~(g / MARKS_PER_WORD);
}

/* Where g's mark is in its word; shifts take it modulo 64. */
static inline unsigned map_shift(size_t g)
{
    return (unsigned)(2 * g) % WORD_BITS;
}

static inline enum mark mark_of(size_t g)
{
    return *map_word(g) >> map_shift(g) & USED;
}

static inline void mark_change(size_t g, enum mark from, enum mark to)
{
    *map_word(g) ^= (uint64_t)(from ^ to) << map_shift(g);
}

/* The marks of g and of the 31 granules behind it, g's in the lowest bits. */
static inline uint64_t window(size_t g)
{
    const uint64_t *word = map_word(g);

    return word[0] >> map_shift(g) | word[-1] << 1
                                              << (WORD_BITS - 1 - map_shift(g));
}

/* ---- Sizes. ---- */

enum {
    SIZE_TAG = FREE | FREE << 2 | FREE << 4,
    SIZE_TAG_BITS = 6,
    EVEN_SIZE_BITS =
        0x5555555, /* every other bit of a size: no two make a USED */
};

/* The word of the map that is wholly in a large block, behind its window. */
static inline uint64_t *size_word(size_t g)
{
    return map_word(g) - 2;
}

/* Write the size of a block, where it is large. */
static inline void record_size(size_t g, size_t size)
{
    if (size >= MIN_RECORDED)
        *size_word(g) = SIZE_TAG |
                        (uint64_t)(size & EVEN_SIZE_BITS) << SIZE_TAG_BITS |
                        (uint64_t)(size >> 1 & EVEN_SIZE_BITS)
                            << (SIZE_TAG_BITS + SIZE_BITS);
}

static inline void erase_size(size_t g, size_t size)
{
    if (size >= MIN_RECORDED)
        *size_word(g) = 0;
}

/* How many are INSIDE before the next mark, which is in what is behind. */
static inline unsigned count_inside(uint64_t behind)
{
    return (unsigned)__builtin_ctzll(behind) / 2;
}

/*
 * Two windows more are enough for what is not large. Threads ask without a
 * lock: what neighbours have where a size would be may look like a small one.
 */
static size_t size_beyond_window(size_t g)
{
    uint64_t word = *size_word(g);
    size_t noted = (word >> SIZE_TAG_BITS & EVEN_SIZE_BITS) |
                   (word >> (SIZE_TAG_BITS + SIZE_BITS)) << 1;

    if ((word & ((1 << SIZE_TAG_BITS) - 1)) == SIZE_TAG &&
        noted >= MIN_RECORDED)
        return noted;
    uint64_t second = window(g + MARKS_PER_WORD),
             third = window(g + 2 * MARKS_PER_WORD);
    size_t size = second ? MARKS_PER_WORD : 2 * MARKS_PER_WORD;
    uint64_t behind = (second ? second : third) | (uint64_t)1
                                                      << (WORD_BITS - 1);
    return size + count_inside(behind);
}

/* Of the block at g, used or cached, whose window that is. */
static inline size_t size_in_window(uint64_t marks, size_t g)
{
    uint64_t behind = marks >> 2;

    return behind ? count_inside(behind) + 1 : size_beyond_window(g);
}

static inline size_t block_size(size_t g)
{
    return size_in_window(window(g), g);
}

/* ---- Bins. ---- */

static inline unsigned bin_of(size_t size)
{
    if (size < EXACT_BINS)
        return (unsigned)size;
    unsigned log = WORD_BITS - 1 - (unsigned)__builtin_clzll(size);
    unsigned share = (unsigned)(size >> (log - 2)) % BINS_PER_DOUBLING;
    unsigned b = EXACT_BINS + (log - 6) * BINS_PER_DOUBLING + share;
    return b < BINS ? b : LAST_BIN;
}

static inline uint32_t *bin(unsigned b)
{
    return link_at(FIRST_BIN_LINK + b);
}

static inline void bin_add(size_t g, size_t size)
{
    unsigned b = bin_of(size);
    uint32_t next = *bin(b);

    free_block(g)->next = next;
    free_block(g)->linked_from = FIRST_BIN_LINK + b;
    free_block(g)->size = (uint32_t)size;
    if (size >= MIN_PURGED)
        free_block(g)->clean = false;
    *size_before(g + size) = (uint32_t)size;
    free_block(next)->linked_from = (uint32_t)g * LINKS_PER_GRANULE;
    *bin(b) = (uint32_t)g;
    heap.nonempty_bins[b / WORD_BITS] |= (uint64_t)1 << b % WORD_BITS;
}

/* The bit of bin b, if there is such a bin and it is empty; by no branch. */
static inline void clear_bin_bit(unsigned b, bool empty)
{
    bool exists = b < BINS;

    heap.nonempty_bins[exists ? b / WORD_BITS : 0] &=
        ~((uint64_t)(empty & exists) << b % WORD_BITS);
}

/* Take a free block out of its bin, where its number is in that slot. */
static inline void bin_unlink(size_t g, uint32_t at)
{
    uint32_t next = free_block(g)->next;

    if (HARDENED &&
        (free_block(g)->linked_from != at ||
         at >= heap.top_chunk * LINKS_PER_GRANULE || *link_at(at) != g))
        fault("the link of a free block was overwritten", address(g));
    *link_at(at) = next;
    free_block(next)->linked_from = at;
    clear_bin_bit(at - FIRST_BIN_LINK, next == 0);
}

static inline void bin_remove(size_t g)
{
    bin_unlink(g, free_block(g)->linked_from);
}

/*
 * The best of the first blocks of a bin that has several sizes; 0 if none. What
 * is too small has a rest below zero, and thus beyond all others.
 */
static size_t bin_best(unsigned b, size_t size)
{
    size_t best = 0, best_rest = SIZE_MAX / 2;
    size_t tries = b == LAST_BIN ? SIZE_MAX : MAX_PROBES;

    for (size_t g = *bin(b); g && tries > 0; g = free_block(g)->next, tries--) {
        size_t rest = free_block(g)->size - size;

        best = rest < best_rest ? g : best;
        best_rest = rest < best_rest ? rest : best_rest;
    }
    return best;
}

/* A block that fits, from bin b on, which may have some that do not. */
static size_t bin_search(unsigned b, size_t size)
{
    uint64_t bits = heap.nonempty_bins[1] >> b % WORD_BITS;
    size_t g = bits & 1 ? bin_best(b, size) : 0;

    if (g || bits < 2)
        return g;
    return bin_best(b + (unsigned)__builtin_ctzll(bits & ~(uint64_t)1), size);
}

/* A free block of that size or more, as small as can be found; 0 if none. */
static inline size_t find_fit(size_t size)
{
    if (size >= EXACT_BINS)
        return bin_search(bin_of(size), size);
    uint64_t bits = heap.nonempty_bins[0] >> size << size;
    if (bits)
        return *bin((unsigned)__builtin_ctzll(bits));
    return bin_search(EXACT_BINS, size);
}

/* Is there a block of just that size, which is below EXACT_BINS? */
static inline bool has_exact_fit(size_t size)
{
    return heap.nonempty_bins[0] >> size & 1;
}

/* ---- To free, to merge. ---- */

/*
 * Free the block at g, so far marked as `was`, without a size in the map. By
 * I2 its free neighbours have none of their own: one look on each side is
 * enough. One granule alone has one mark, which is first and last.
 */
static void release(size_t g, size_t size, enum mark was)
{
    size_t end = g + size;
    enum mark behind = mark_of(end);

    heap.free_granules += size;
    if (mark_of(g - 1) == FREE) {
        size_t before = *size_before(g);

        bin_remove(g - before);
        mark_change(g, was, INSIDE);
        if (before > 1)
            mark_change(g - 1, FREE, INSIDE);
        g -= before;
    } else {
        mark_change(g, was, FREE);
    }
    if (behind == FREE) {
        bin_remove(end);
        if (free_block(end)->size > 1)
            mark_change(end, FREE, INSIDE);
        end += free_block(end)->size;
    } else if (end == heap.top_chunk) {
        mark_change(end, USED, INSIDE);
        mark_change(g, FREE, USED);
        heap.never_used_from =
            heap.never_used_from < end ? end : heap.never_used_from;
        heap.dirty_end = heap.dirty_end < end ? end : heap.dirty_end;
        heap.top_chunk = g;
        heap.free_granules -= end - g;
        return;
    } else if (end - g > 1) {
        mark_change(end - 1, INSIDE, FREE);
    }
    bin_add(g, end - g);
}

static void release_used(size_t g, size_t size)
{
    erase_size(g, size);
    release(g, size, USED);
}

/* ---- Caches: what a block in them looks like where we are suspicious. ---- */

enum { FREED_BYTE = 0xdb, NEXT_BYTES = sizeof(void *) };

static void fill_freed(void *payload, size_t size)
{
    memset((char *)payload + NEXT_BYTES, FREED_BYTE,
           size * GRANULE - NEXT_BYTES);
}

static void check_freed(void *payload, size_t size)
{
    const unsigned char *bytes = payload;
    void *next = *(void **)payload;

    for (size_t i = NEXT_BYTES; i < size * GRANULE; i++)
        if (bytes[i] != FREED_BYTE)
            fault("a free block was written to", bytes + i);
    if (next && (granule_at(next) >= heap.top_chunk ||
                 mark_of(granule_at(next)) != CACHED))
        fault("the link of a free block was overwritten", payload);
}

static inline void cache_push(void *payload, unsigned k)
{
    void *next = heap.cache[k];

    *(void **)payload = next;
    heap.cache[k] = payload;
    heap.cache_budget -= (int32_t)k + 1;
    if (HARDENED)
        fill_freed(payload, k + 1);
    heap.nonempty_caches |= (uint32_t)1 << k; /* at once: a branch costs more */
}

/* Granules in the caches. */
static inline size_t cached_granules(void)
{
    return (size_t)(heap.purge_threshold - heap.cache_budget);
}

static void release_list(void *payload, size_t size)
{
    while (payload) {
        size_t g = granule_at(payload);

        if (HARDENED)
            check_freed(payload, size);
        payload = *(void **)payload;
        heap.cache_budget += (int32_t)size;
        release(g, size, CACHED);
    }
}

/* Merge what these caches hold. */
static __attribute__((noinline)) void flush_caches(uint32_t left)
{
    heap.nonempty_caches &= ~left;
    heap.refilled_caches = 0;
    for (; left; left &= left - 1) {
        unsigned k = (unsigned)__builtin_ctz(left);
        void *first = heap.cache[k];

        heap.cache[k] = NULL;
        heap.next_refill[k] = 1;
        release_list(first, k + 1);
    }
}

static void flush_all(void)
{
    flush_caches(heap.nonempty_caches);
}

/* The part that a heap of any size may leave in the caches. */
static size_t flush_base(void)
{
    return heap.end / 32 < FLUSH_BASE ? heap.end / 32 : FLUSH_BASE;
}

/* ---- Patience: pages that nobody needs go back to the system. ---- */

/* In bins, or in the wilderness since it was cleaned. */
static inline size_t purgeable_granules(void)
{
    size_t wild =
        heap.dirty_end > heap.top_chunk ? heap.dirty_end - heap.top_chunk : 0;

    return heap.free_granules + wild;
}

static void set_purge_threshold(size_t granules)
{
    size_t held_now = cached_granules();

    heap.purge_threshold = (int32_t)granules;
    heap.cache_budget = heap.purge_threshold - (int32_t)held_now;
    heap.purgeable_at_reset = purgeable_granules();
}

/* As much as a growing program gets. */
static void reset_purge_threshold(void)
{
    set_purge_threshold(heap.end / 16 + PURGE_BASE);
}

static void purge_pages(size_t from, size_t to)
{
    uintptr_t page = mem_pagesize();
    uintptr_t first = ((uintptr_t)address(from) + page - 1) & -page;
    uintptr_t last = (uintptr_t)address(to) & -page;

    if (first < last)
        mem_discard((void *)first, last - first);
}

/* The whole pages of each hole. New ones come before the clean ones (I4). */
static void purge_free_blocks(void)
{
    for (unsigned b = bin_of(MIN_PURGED); b < BINS; b++)
        for (size_t g = *bin(b); g && !free_block(g)->clean;
             g = free_block(g)->next) {
            purge_pages(g + MIN_BLOCK, g + free_block(g)->size - 1);
            free_block(g)->clean = true;
        }
}

/*
 * More than patience was freed since the heap grew last, or was cleaned last.
 * The next time it takes half as much: whoever frees everything keeps little.
 */
static __attribute__((noinline)) void purge(void)
{
    size_t half = (size_t)heap.purge_threshold / 2;
    size_t least =
        (heap.top_chunk - heap.free_granules) / 32 + PURGE_BASE / 128;

    heap.purge_count++;
    flush_all();
    purge_free_blocks();
    if (heap.top_chunk < heap.dirty_end)
        purge_pages(heap.top_chunk, heap.dirty_end);
    heap.dirty_end = 0;
    set_purge_threshold(half > least ? half : least);
}

static inline void release_large(size_t g, size_t size)
{
    release_used(g, size);
    if (purgeable_granules() >
        heap.purgeable_at_reset + (size_t)heap.purge_threshold)
        purge();
}

/* ---- To take. ---- */

/* Size granules from the start of the free block g, all that is between. */
static inline void split(size_t g, size_t size)
{
    size_t rest = free_block(g)->size - size;

    bin_remove(g);
    heap.free_granules -= size;
    mark_change(g, FREE, USED);
    if (rest == 0 && size > 1)
        mark_change(g + size - 1, FREE, INSIDE);
    if (rest > 1)
        mark_change(g + size, INSIDE, FREE);
    if (rest > 0)
        bin_add(g + size, rest);
}

/* A block of just that size, where there is one: split, with no branches. */
static inline size_t take_exact(size_t size)
{
    unsigned b = (unsigned)size;
    size_t g = *bin(b), last = g + size - 1;

    bin_unlink(g, FIRST_BIN_LINK + b);
    heap.free_granules -= size;
    mark_change(g, FREE, USED);
    mark_change(last, size > 1 ? FREE : INSIDE, INSIDE);
    return g;
}

/* What is taken of a hole, so that no rest is too small to be a block. */
static inline size_t taken_size(size_t whole, size_t size)
{
    return whole - size < MIN_BLOCK ? whole : size;
}

/* A block of that size, or hardly more, from the start of the free block g. */
static inline size_t take(size_t g, size_t size)
{
    size = taken_size(free_block(g)->size, size);
    split(g, size);
    record_size(g, size);
    return g;
}

static inline size_t top_chunk_size(void)
{
    return heap.end - heap.top_chunk;
}

static inline void split_top_chunk(size_t size)
{
    heap.top_chunk += size;
    mark_change(heap.top_chunk, INSIDE, USED);
}

/* A block from the wilderness, which has as much. */
static inline size_t take_from_top_chunk(size_t size)
{
    size_t g = heap.top_chunk;

    split_top_chunk(size);
    record_size(g, size);
    return g;
}

/* ---- The map's own memory. ---- */

static size_t map_bytes(void)
{
    return heap.map_granules / MARKS_PER_BYTE;
}

static char *map_start(void)
{
    return (char *)heap.map_end - map_bytes();
}

/* Move the map to [end - bytes, end), which may overlap it. */
static void map_move(char *end, size_t bytes)
{
    size_t old = map_bytes();

    memmove(end - old, map_start(), old);
    memset(end - bytes, 0, bytes - old);
    heap.map_end = (uint64_t *)(void *)end;
    heap.map_granules = bytes * MARKS_PER_BYTE;
}

static bool raise_break(size_t granules)
{
    if (granules > PTRDIFF_MAX / GRANULE || heap.brk + granules > MAX_HEAP ||
        mem_sbrk((intptr_t)(granules * GRANULE)) == (void *)-1)
        return false;
    if (heap.never_used_from < heap.brk)
        heap.never_used_from = heap.brk;
    heap.brk += granules;
    return true;
}

/* The break goes up, and the map that hangs from it. */
static bool grow_with_map(size_t granules, size_t bytes)
{
    if (!raise_break(granules + (bytes - map_bytes()) / GRANULE))
        return false;
    map_move(address(heap.brk), bytes);
    heap.end += granules;
    return true;
}

static bool grow_alone(size_t granules)
{
    if (!raise_break(granules))
        return false;
    heap.end += granules;
    return true;
}

/* Pages below the ones it has, if they can be had; else elsewhere. */
static bool map_extend(size_t bytes)
{
    size_t old = map_bytes();
    char *was = map_start(), *more = mem_map(bytes - old);

    if (more && more + (bytes - old) == was) {
        heap.map_granules = bytes * MARKS_PER_BYTE;
        return true;
    }
    if (more)
        mem_unmap(more, bytes - old);
    more = mem_map(bytes);
    if (!more)
        return false;
    map_move(more + bytes, bytes);
    mem_unmap(was, old);
    return true;
}

/* From now on the map has pages of its own, and the wilderness its place. */
static bool map_detach(size_t bytes)
{
    char *pages = mem_map(bytes);
    size_t old = map_bytes() / GRANULE;

    if (!pages)
        return false;
    map_move(pages + bytes, bytes);
    heap.map_has_pages = true;
    heap.end += old;
    heap.never_used_from = heap.brk;
    return true;
}

static size_t round_to_pages(size_t bytes)
{
    size_t page = mem_pagesize();

    return (bytes + page - 1) / page * page;
}

/*
 * Have pages of a map for that many bytes; for more where the map leaves its
 * place to the wilderness, which is to be covered, too.
 */
static bool map_cover(size_t bytes)
{
    size_t left = heap.map_has_pages ? 0 : map_bytes() / GRANULE;

    bytes =
        round_to_pages(bytes + (left + MARKS_PER_BYTE - 1) / MARKS_PER_BYTE);
    if (!heap.map_has_pages)
        return map_detach(bytes);
    return bytes <= map_bytes() || (!FIXED_MAP && map_extend(bytes));
}

/* A map for all the memory there may ever be, or as much as can be had. */
static bool map_reserve(void)
{
    size_t bytes = MAX_HEAP / MARKS_PER_BYTE;
    char *pages = mem_map(bytes);

    while (!pages && bytes > mem_pagesize())
        pages = mem_map(bytes /= 2);
    if (!pages)
        return false;
    heap.map_end = (uint64_t *)(void *)(pages + bytes);
    heap.map_granules = bytes * MARKS_PER_BYTE;
    heap.map_has_pages = true;
    heap.end = heap.brk;
    return true;
}

/* ---- The wilderness. ---- */

/* Bytes of a map for so many granules, in whole granules. */
static size_t map_bytes_for(size_t granules)
{
    size_t bytes = (granules + MAP_MARGIN) / MARKS_PER_BYTE + 1;

    return (bytes + 15) / 16 * 16;
}

/* Give back the pages of a map that was to have more granules. */
static void map_trim(void)
{
    size_t bytes = round_to_pages(map_bytes_for(heap.end));

    if (FIXED_MAP || bytes >= map_bytes())
        return;
    mem_unmap(map_start(), map_bytes() - bytes);
    heap.map_granules = bytes * MARKS_PER_BYTE;
}

/* Add at least as many granules to the wilderness. */
static bool grow_top_chunk(size_t granules)
{
    size_t bytes = map_bytes_for(heap.end + granules);

    bytes = bytes < map_bytes() ? map_bytes() : bytes;
    if (!heap.map_has_pages && bytes <= MAX_MAP_IN_HEAP)
        return grow_with_map(granules, bytes);
    if (!map_cover(bytes))
        return false;
    if (grow_alone(granules))
        return true;
    map_trim();
    return false;
}

/* Have a wilderness of that size. */
static __attribute__((noinline)) bool ensure_top_chunk(size_t size)
{
    size_t part = heap.map_has_pages ? GROWTH_MAP_APART : GROWTH_MAP_IN_HEAP;

    if (top_chunk_size() >= size)
        return true;
    size_t lack = size - top_chunk_size();
    if (!grow_top_chunk(lack + heap.end / part) && !grow_top_chunk(lack) &&
        top_chunk_size() < size)
        return false;
    reset_purge_threshold();
    return true;
}

/* ---- Requests. ---- */

/* Flush these caches if all there are hold more than that. Was it so? */
static inline bool flush_if_above(size_t granules, uint32_t caches)
{
    if (caches == 0 || cached_granules() <= granules)
        return false;
    flush_caches(caches);
    return true;
}

/*
 * A little is enough to merge what was freed; much, to merge also what was only
 * just carved for blocks to come, and will keep them together.
 */
static bool flush_before_growth(void)
{
    uint32_t freed = heap.nonempty_caches & ~heap.refilled_caches;

    return flush_if_above(heap.end / 192 + flush_base(),
                          heap.nonempty_caches) ||
           flush_if_above(flush_base() * 4 / 5, freed);
}

/* The smallest blocks are many, and hardly ever part of a large one. */
static bool flush_for_large(void)
{
    return flush_if_above(heap.end / 512 + flush_base() / 2,
                          heap.nonempty_caches & FLUSHED_FOR_LARGE);
}

static inline void refill_one(size_t g, size_t size, void *next)
{
    mark_change(g, INSIDE, CACHED);
    *(void **)address(g) = next;
    if (HARDENED)
        fill_freed(address(g), size);
}

/* The granules at g become n blocks: one in use, the others its empty cache. */
static void refill(size_t g, size_t size, size_t n)
{
    size_t last = g + (n - 1) * size;
    uint32_t bit = (uint32_t)1 << (size - 1);

    if (n == 1)
        return;
    heap.refilled_caches |= bit;
    heap.nonempty_caches |= bit;
    heap.cache_budget -= (int32_t)(last - g);
    heap.cache[size - 1] = address(g + size);
    for (size_t at = g + size; at < last; at += size)
        refill_one(at, size, address(at + size));
    refill_one(last, size, NULL);
}

/*
 * How many blocks to make where `most` are possible: twice as many each time,
 * as long as the cache is not flushed in between.
 */
static size_t refill_count(size_t size, size_t most)
{
    size_t n = heap.next_refill[size - 1];
    size_t some = (heap.end / 512 + flush_base()) / size;

    if (n < MAX_REFILL)
        heap.next_refill[size - 1] = (uint8_t)(2 * n);
    n = n < some ? n : some;
    n = n < most ? n : most;
    return n ? n : 1;
}

static size_t take_and_refill(size_t g, size_t size)
{
    size_t whole = free_block(g)->size;

    if (whole < 2 * size)
        return take(g, size);
    size_t n = refill_count(size, (whole - MIN_BLOCK) / size);
    split(g, n * size);
    refill(g, size, n);
    return g;
}

static size_t take_top_chunk_and_refill(size_t size)
{
    size_t n = refill_count(size, MAX_REFILL), g;

    if (!ensure_top_chunk(n * size) && (n = 1, !ensure_top_chunk(size)))
        return 0;
    g = heap.top_chunk;
    split_top_chunk(n * size);
    refill(g, size, n);
    return g;
}

/* A block that may be cached once; 0 where no memory is left. */
static size_t allocate_small(size_t size)
{
    if (has_exact_fit(size))
        return take_exact(size);
    size_t g = find_fit(size);

    if (!g && flush_before_growth())
        g = find_fit(size);
    return g ? take_and_refill(g, size) : take_top_chunk_and_refill(size);
}

/*
 * Should a large block that was to be in the free block g have a better one? What the
 * caches hold may be part of it, if they are not far too much to merge for it.
 */
static bool flush_may_help(size_t g, size_t size)
{
    return (!g || free_block(g)->size > 2 * size) &&
           cached_granules() <= 16 * size;
}

/* Any other. */
static size_t allocate_large(size_t size)
{
    size_t g = find_fit(size);

    if (size >= EXACT_BINS && flush_may_help(g, size) && flush_for_large())
        g = find_fit(size);
    if (!g && top_chunk_size() < size && flush_before_growth())
        g = find_fit(size);
    if (g)
        return take(g, size);
    return ensure_top_chunk(size) ? take_from_top_chunk(size) : 0;
}

static __attribute__((noinline)) void *malloc_small(size_t size)
{
    size_t g = allocate_small(size);

    return g ? address(g) : NULL;
}

static __attribute__((noinline)) void *malloc_large(size_t bytes)
{
    if (bytes == 0 || bytes > MAX_BLOCK * GRANULE)
        return NULL;
    size_t g = allocate_large(granules_for(bytes));
    return g ? address(g) : NULL;
}

/* What is behind `at` in the block g becomes a block of its own; both in use. */
static void split_used(size_t g, size_t size, size_t at)
{
    erase_size(g, size);
    mark_change(at, INSIDE, USED);
    record_size(g, at - g);
    record_size(at, g + size - at);
}

/* The other way round. */
static void merge_used(size_t g, size_t at, size_t size)
{
    erase_size(g, at - g);
    erase_size(at, g + size - at);
    mark_change(at, USED, INSIDE);
    record_size(g, size);
}

static void shrink_in_place(size_t g, size_t old, size_t size)
{
    if (old - size < MIN_BLOCK)
        return;
    split_used(g, old, g + size);
    mm_free(address(g + size));
}

/* Grow a block in use where it lies; false, and all as it was, if not. */
static bool grow_in_place(size_t g, size_t old, size_t size)
{
    size_t end = g + old, more = size - old;

    if (end == heap.top_chunk) {
        if (!ensure_top_chunk(more))
            return false;
        take_from_top_chunk(more);
    } else {
        if (mark_of(end) != FREE || free_block(end)->size < more)
            return false;
        more = taken_size(free_block(end)->size, more);
        take(end, more);
    }
    merge_used(g, end, old + more);
    return true;
}

static void *move(void *payload, size_t old, size_t bytes)
{
    void *new = mm_malloc(bytes);

    if (!new)
        return NULL;
    memcpy(new, payload, old * GRANULE);
    mm_free(payload);
    return new;
}

/* ---- Misuse. ---- */

/* The block that starts there, which has to be in use. */
static size_t used_block_at(const void *payload)
{
    size_t g = granule_at(payload);

    if (g >= heap.top_chunk)
        fault("this is no block of the heap", payload);
    if (mark_of(g) == INSIDE)
        fault("no block begins here", payload);
    if (mark_of(g) != USED)
        fault("this block is free already", payload);
    return g;
}

/* ---- The interface. ---- */

int mm_init(void)
{
    size_t first = BIN_GRANULES + INITIAL_MAP / GRANULE;
    void *area = mem_sbrk((intptr_t)(first * GRANULE));

    memset(&heap, 0, sizeof heap);
    if (area == (void *)-1 || (uintptr_t)area % GRANULE != 0)
        return -1;
    memset(area, 0, first * GRANULE);
    memset(heap.next_refill, 1, sizeof heap.next_refill);
    heap.base = area;
    heap.top_chunk = heap.end = BIN_GRANULES;
    heap.brk = first;
    heap.map_end = address(first);
    heap.map_granules = INITIAL_MAP * MARKS_PER_BYTE;
    if (FIXED_MAP && !map_reserve())
        return -1;
    mark_change(heap.top_chunk, INSIDE, USED);
    reset_purge_threshold();
    return 0;
}

void *mm_malloc(size_t size)
{
    size_t k = (size - 1) / GRANULE;

    k += k + 1 < MIN_BLOCK; /* no block is smaller */
    if (likely(k < CACHES)) {
        void *payload = heap.cache[k];

        if (likely(payload != NULL)) {
            if (HARDENED)
                check_freed(payload, k + 1);
            heap.cache[k] = *(void **)payload;
            heap.cache_budget += (int32_t)k + 1;
            mark_change(granule_at(payload), CACHED, USED);
            return payload;
        }
        return malloc_small(k + 1);
    }
    return malloc_large(size);
}

static __attribute__((noinline)) void free_large(size_t g)
{
    size_t size = size_beyond_window(g);

    if (HARDENED)
        fill_freed(address(g), size);
    release_large(g, size);
}

static __attribute__((noinline)) void free_not_in_use(void *ptr)
{
    if (ptr)
        used_block_at(ptr); /* says what is wrong */
}

void mm_free(void *ptr)
{
    size_t g = granule_at(ptr);
    uint64_t marks = likely(g < heap.top_chunk) ? window(g) : INSIDE;
    uint64_t behind = marks >> 2;

    if (!likely((marks & USED) == USED)) {
        free_not_in_use(ptr);
    } else if (!likely(behind != 0)) {
        free_large(g);
    } else {
        mark_change(g, USED, CACHED);
        cache_push(ptr, count_inside(behind));
        if (!likely(heap.cache_budget >= 0))
            purge();
    }
}

void *mm_realloc(void *ptr, size_t size)
{
    size_t granules = granules_for(size);

    if (!ptr)
        return mm_malloc(size);
    size_t g = used_block_at(ptr), old = block_size(g);
    if (size == 0) {
        mm_free(ptr);
        return NULL;
    }
    if (size > MAX_BLOCK * GRANULE)
        return NULL;
    if (granules < old)
        shrink_in_place(g, old, granules);
    if (granules <= old || grow_in_place(g, old, granules))
        return ptr;
    return move(ptr, old, size);
}

/* Memory from beyond all that was ever used is zero as it comes. */
void *mm_calloc(size_t count, size_t size)
{
    size_t bytes, wild = heap.top_chunk;

    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    void *payload = mm_malloc(bytes);
    size_t g = granule_at(payload);
    if (payload && (g < wild || g < heap.never_used_from))
        memset(payload, 0, bytes);
    return payload;
}

/* What is left before the first place in g that is so aligned: no scrap. */
static size_t front_gap(size_t g, size_t align)
{
    size_t front = (-(uintptr_t)address(g) & (align - 1)) / GRANULE;

    return front > 0 && front < MIN_BLOCK ? front + align / GRANULE : front;
}

/* The best hole if it will do, else one that will do wherever it lies. */
static size_t find_aligned(size_t size, size_t align)
{
    size_t g = find_fit(size);

    if (g && free_block(g)->size < front_gap(g, align) + size)
        g = find_fit(size + align / GRANULE + MIN_BLOCK - 1);
    return g;
}

void *mm_memalign(size_t align, size_t bytes)
{
    size_t size = granules_for(bytes);

    if (align <= GRANULE)
        return mm_malloc(bytes);
    if (bytes == 0 || align > MAX_BLOCK * GRANULE / 4 ||
        bytes > MAX_BLOCK * GRANULE - 2 * align)
        return NULL;
    size_t g = find_aligned(size, align);
    if (!g && flush_before_growth())
        g = find_aligned(size, align);
    size_t front = front_gap(g ? g : heap.top_chunk, align);
    if (!g && !ensure_top_chunk(front + size))
        return NULL;
    g = g ? take(g, front + size) : take_from_top_chunk(front + size);
    if (front > 0) {
        split_used(g, block_size(g), g + front);
        release_used(g, front);
    }
    return address(g + front);
}

size_t mm_usable_size(void *ptr)
{
    return ptr ? block_size(used_block_at(ptr)) * GRANULE : 0;
}

/* ---- The audit. ---- */

struct census {
    size_t free_blocks;
    size_t free_granules;   /* in free blocks */
    size_t cached_granules; /* in cached blocks */
};

/* Are all granules in [from, to) INSIDE? */
static bool all_inside(size_t from, size_t to)
{
    for (size_t g = from; g < to; g++)
        if (mark_of(g) != INSIDE)
            return false;
    return true;
}

static int audit_free(size_t g, size_t size)
{
    if (size == 0 || size > heap.top_chunk - g)
        return 3;
    if (mark_of(g + size - 1) != FREE || !all_inside(g + 1, g + size - 1))
        return 1;
    if (*size_before(g + size) != size)
        return 3;
    return g + size == heap.top_chunk || mark_of(g + size) == FREE ? 2 : 0;
}

static int audit_used(size_t g, size_t size)
{
    size_t from = size < MIN_RECORDED ? g + 1 : g + 3 * MARKS_PER_WORD;

    if (size == 0 || size > heap.top_chunk - g || mark_of(g + size) == INSIDE)
        return 1;
    return all_inside(from, g + size) ? 0 : 1;
}

static int audit_block(size_t g, size_t *size, struct census *census)
{
    enum mark mark = mark_of(g);

    if (mark == INSIDE)
        return 1;
    *size = mark == FREE ? free_block(g)->size : block_size(g);
    census->free_blocks += mark == FREE;
    census->free_granules += mark == FREE ? *size : 0;
    census->cached_granules += mark == CACHED ? *size : 0;
    return mark == FREE ? audit_free(g, *size) : audit_used(g, *size);
}

static int audit_blocks(struct census *census)
{
    size_t g = BIN_GRANULES, size;

    if (heap.end + MAP_MARGIN > heap.map_granules)
        return 8;
    for (; g < heap.top_chunk; g += size) {
        int broken = audit_block(g, &size, census);

        if (broken)
            return broken;
    }
    return g == heap.top_chunk && mark_of(g) == USED &&
                   all_inside(g + 1, heap.end + MAP_MARGIN)
               ? 0
               : 1;
}

static bool is_clean(size_t g)
{
    return free_block(g)->size >= MIN_PURGED && free_block(g)->clean;
}

static bool belongs_in_bin(size_t g, unsigned b, bool after_clean)
{
    return g < heap.top_chunk && mark_of(g) == FREE &&
           bin_of(free_block(g)->size) == b && is_clean(g) >= after_clean;
}

static int audit_bin(unsigned b, size_t *left)
{
    size_t at = FIRST_BIN_LINK + b;
    bool clean = false;

    for (size_t g = *bin(b); g;
         at = g * LINKS_PER_GRANULE, g = free_block(g)->next, --*left) {
        if (*left == 0 || !belongs_in_bin(g, b, clean))
            return 4;
        if (free_block(g)->linked_from != at)
            return 5;
        clean = is_clean(g);
    }
    return (*bin(b) != 0) ==
                   (heap.nonempty_bins[b / WORD_BITS] >> b % WORD_BITS & 1)
               ? 0
               : 6;
}

static int audit_bins(size_t free)
{
    for (unsigned b = 0; b < BINS; b++) {
        int broken = audit_bin(b, &free);

        if (broken)
            return broken;
    }
    return free == 0 ? 0 : 4;
}

static bool belongs_in_cache(const void *payload, unsigned k)
{
    size_t g = granule_at(payload);

    return g < heap.top_chunk && mark_of(g) == CACHED && block_size(g) == k + 1;
}

static int audit_caches(size_t cached)
{
    for (unsigned k = 0; k < CACHES; k++) {
        void *payload = heap.cache[k];

        if (payload && !(heap.nonempty_caches >> k & 1))
            return 7;
        for (; payload; payload = *(void **)payload, cached -= k + 1)
            if (cached < k + 1 || !belongs_in_cache(payload, k))
                return 7;
    }
    return cached == 0 ? 0 : 7;
}

int mm_audit(void)
{
    struct census census = {0};
    int broken = audit_blocks(&census);

    if (!broken)
        broken = audit_bins(census.free_blocks);
    if (!broken)
        broken = audit_caches(census.cached_granules);
    if (cached_granules() != census.cached_granules ||
        heap.free_granules != census.free_granules)
        broken = broken ? broken : 9;
    return broken;
}

/* ---- For processes with threads: docs/processes.md. ---- */

#ifdef MM_FIXED_MAP

unsigned mm_purge_count(void)
{
    return heap.purge_count;
}

/*
 * Needs no lock: the marks of a block stay as they are while it is in use. The
 * mark behind it may change into another, but not into INSIDE, for nothing
 * merges with a block in use. The map itself never moves: it is mapped as a
 * whole from the start, and pages of it that are not needed cost nothing but
 * addresses. The hardened build has no such function: no thread is to keep
 * freed blocks where they are not checked.
 */
#ifndef MM_HARDENED
size_t mm_size_unlocked(const void *ptr)
{
    size_t g = granule_at(ptr);
    uint64_t marks = g < heap.top_chunk ? window(g) : INSIDE;

    return (marks & USED) == USED ? size_in_window(marks, g) * GRANULE : 0;
}
#endif

#endif
