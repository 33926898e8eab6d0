/*
 * mm.c - no headers, marks in a map
 *
 * A block is its payload and nothing else. What other allocators keep in
 * headers lies apart, in a map with two bits for each granule of 16 bytes. The
 * map takes 1/64 of the heap, however small the blocks are.
 *
 *      heap   | payload       | free              |payl.| cached    |payload
 *      map     11  00  00  00  01  00  00  00  01  11    10  00  00  11  00
 *              USED            FREE            FREE USED CACHED      USED
 *
 * The two bits of a granule are its mark. The first granule of a block is
 * marked USED, CACHED or FREE. The last granule of a free block is marked FREE
 * as well, so that the block behind it finds its free neighbour. All other
 * granules are marked INSIDE. The size of a used or cached block is the
 * distance to the next mark: a shift, and a count of zeros. From 96 granules
 * on, the map also records the size of a used block, in a word of the map that
 * only has marks of granules inside the block. This word begins with three FREE
 * marks, the tag. Three FREE marks in a row occur nowhere else, because
 * neighbouring free blocks are merged.
 *
 *      map     11 00 ... 00 01 01 01 0d 0d 0d ... 0d 00 ... 00 11
 *              USED         tag      28 bits of the size       next block
 *
 * A free block holds what is needed to find it, and its size at both ends:
 *
 *      +------+-------------+------+-------+-         -+------+
 *      | next | linked_from | size | clean |    ...    | size |
 *      +------+-------------+------+-------+-         -+------+
 *
 * A bin is a list of free blocks. There is a bin for each size below 64
 * granules, four bins for each doubling above, and a bit for each bin that is
 * not empty. The first such bit at or above the requested size leads to the
 * best fit; in a bin of several sizes, three blocks are compared. A link is
 * four bytes that hold the number of a free block, or 0: a bin is the link to
 * its first block, and `next` is the link to the next one. linked_from tells
 * which link leads to the block, so that the block leaves its bin without a
 * search.
 *
 * A freed block below 32 granules is not merged at once. It goes to a cache, a
 * list of blocks of one size. Most requests are served from there, by one load,
 * one store, and the change of one bit. An empty cache is refilled with several
 * blocks side by side, twice as many each time. So blocks of one size become
 * neighbours, and what is freed together merges into larger blocks. A flush
 * takes blocks out of the caches, merges them with their free neighbours and
 * puts them into bins. Caches that hold more than a small part of the heap are
 * flushed before the heap grows, and before the search for a block of 64
 * granules or more. Such a search leaves blocks below four granules cached.
 *
 *      lo | bins | block | block | ... | block |   top chunk    | map | brk
 *                                               ^ USED, the sentinel
 *
 * The top chunk (the wilderness) is what lies behind the last block. Its first
 * granule, the sentinel, is marked USED, all others INSIDE. A block is taken
 * from the top chunk only where no free block fits. The words of the map run
 * downwards from the map's end. A small map ends at the break and moves with
 * it. A larger one has pages of its own.
 *
 * A block of 64 KiB or more that no free block can hold is a span: whole pages
 * of its own, apart from the heap. A freed span stays mapped, to be used again,
 * as long as the footprint does not pass the most that it has been.
 *
 * Sizes and places are in granules, unless a comment says bytes. The number of
 * a granule counts from the heap's start; the number of a block is that of its
 * first granule. No block has number 0.
 *
 * Invariants, between any two calls of mm_*; a function that breaks one on its
 * way says so:
 *   I1  Blocks tile the heap from the bins to the top chunk. The first granule
 *       of each block is marked, and the last one of a free block. The size of
 *       a used block of MIN_RECORDED granules or more is recorded. The sentinel
 *       is marked USED. All other granules are marked INSIDE.
 *   I2  A free block has neither a free block nor the top chunk behind it.
 *   I3  A free block holds its size at both ends.
 *   I4  Each free block is in the bin of its size, once. In each bin, dirty
 *       blocks come before clean ones. Bins hold no other blocks.
 *   I5  linked_from of a free block is the number of the link that holds the
 *       number of this block.
 *   I6  The bit of a bin is set if and only if the bin holds a block.
 *   I7  Each cached block is in the cache of its size, once. Caches hold no
 *       other blocks. The bit of a cache that holds a block is set.
 *   I8  The map has marks for the whole heap and for MAP_MARGIN granules more.
 *   I9  The sizes of all cached blocks and cache_budget add up to
 *       purge_threshold. The sizes of all free blocks add up to free_granules.
 *   I10 The spans of the table tile what is mapped for spans, in the order of
 *       their addresses. Free spans are not neighbours. span_bytes and
 *       free_span_bytes are the sums of their sizes. The footprint is at most
 *       high_water.
 *
 * Built with MM_ALIGNMENT=8, granules have 8 bytes and blocks at least two
 * granules. With MM_FIXED_MAP, the map never moves.
 *
 * Marks instead of headers: cf. H.-J. Boehm and M. Weiser, "Garbage Collection
 * in an Uncooperative Environment", 1988. Caches that merge later: deferred
 * coalescing, P. R. Wilson et al., "Dynamic Storage Allocation: A Survey and
 * Critical Review", 1995. Bins within a doubling: TLSF, M. Masmano et al.,
 * 2004. The wilderness: D. G. Korn and K.-P. Vo, "In Search of a Better
 * Malloc", 1985.
 * docs/flagship.md tells what else was tried, and with which result.
 */
#include "mm.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memlib.h"

const char mm_idea[] = "no headers, marks in a map";

enum mark { INSIDE, FREE, CACHED, USED };

#ifndef MM_ALIGNMENT
#define MM_ALIGNMENT 16
#endif

#ifdef MM_FIXED_MAP
enum { FIXED_MAP = true };
#else
enum { FIXED_MAP = false };
#endif

/*
 * Every constant that tunes the allocator, or gives the size of a part of it. A
 * *_PART is a divisor: the amount meant is the heap's size / PART, in granules.
 * docs/flagship.md has the measurements behind "measured".
 */
enum {
    /* Bytes of a granule, the unit of sizes: the alignment of payloads. */
    GRANULE = MM_ALIGNMENT,
    GRANULE_LOG2 = GRANULE == 16 ? 4 : 3,
    /* Granules of the smallest block: free, it holds four 4-byte numbers. */
    MIN_BLOCK = 16 / GRANULE,

    /* Marks of two bits in a word of the map, and in a byte of it. */
    WORD_BITS = 64,
    MARKS_PER_WORD = WORD_BITS / 2,
    MARKS_PER_BYTE = 8 / 2,
    /* Granules behind the heap that have marks: a window reads that far. */
    MAP_MARGIN = 4 * MARKS_PER_WORD,
    /* Granules of the smallest block whose size is recorded. Wherever it
       begins, one whole word of its marks lies behind its window. */
    MIN_RECORDED = 3 * MARKS_PER_WORD,
    /* Bits of a recorded size: one for each mark beside the tag, rounded down
       to an even number. */
    SIZE_BITS = 28,
    /* Bytes that a map in the heap grows by: whole words, whole granules. */
    MAP_STEP = 16,
    /* Bytes of the largest map in the heap, below 8 KiB (measured: with 4 KiB
       heaps waste more, with 16 KiB each growth has too much to move). */
    MAX_MAP_IN_HEAP = 8191,

    /* Bins for one size each, of 0 to 63 granules (measured: 32 waste more). */
    EXACT_BINS = 64,
    EXACT_BINS_LOG2 = 6,
    /* Above, bins for a doubling of the size (measured: 8 gain nothing). */
    BINS_PER_DOUBLING = 4,
    BINS_PER_DOUBLING_LOG2 = 2,
    /* Doublings, up to 2^18 granules: more bins cost small heaps memory. */
    DOUBLINGS = 12,
    BINS = EXACT_BINS + BINS_PER_DOUBLING * DOUBLINGS,
    /* The bin of all larger blocks, too. */
    LAST_BIN = BINS - 1,
    /* Blocks that a search compares in a bin of several sizes (measured: 2
       waste more, 4 cost time and gain nothing). */
    MAX_PROBES = 3,
    /* Links are counted from the heap's start: all that it has place for, but
       with MM_FIXED_MAP one for each granule, so that 32 bits suffice for a
       heap four times as large. Granule 0 has links that lead nowhere
       (bin_add), then the bins follow. */
    LINKS_PER_GRANULE = FIXED_MAP ? 1 : GRANULE / sizeof(uint32_t),
    FIRST_BIN_LINK = LINKS_PER_GRANULE,
    BIN_GRANULES = (FIRST_BIN_LINK + BINS) / LINKS_PER_GRANULE,

    /* Caches, and granules of the largest small block: one window shows its
       size (measured: 63 and 127 cost memory and time). */
    CACHES = MARKS_PER_WORD - 1,
    /* Blocks that a refill makes at most (measured: 8 and 32 waste more). A
       refill takes up flush_base() and this part of the heap at most. */
    MAX_REFILL = 16,
    REFILL_PART = 512,

    /* Granules that the caches of any heap may hold, the base of the thresholds
       below; in a small heap this part of it, if that is less. All thresholds
       are measured. */
    FLUSH_BASE = 2048 / GRANULE,
    FLUSH_BASE_PART = 32,
    /* Before growth, all caches are flushed if they hold more than the base and
       this part of the heap. */
    GROWTH_FLUSH_PART = 192,
    /* If they hold more than so many fifths of the base, those are flushed that
       were not refilled since the last flush. */
    GROWTH_FLUSH_FIFTHS = 4,
    /* Before a search for so many granules or more, caches are flushed if they
       hold more than half the base and this part of the heap. Blocks of less
       than MIN_FLUSHED granules stay cached: they are many, and hardly ever
       part of a large block. */
    MIN_SEARCH_FLUSH = 64,
    LARGE_FLUSH_PART = 512,
    MIN_FLUSHED = 4,
    /* A search does not flush where it found a block of at most so many times
       the request, or where caches hold more than so many times the request. */
    CLOSE_FIT = 2,
    MAX_FLUSH_COST = 16,

    /* Bytes of the smallest span (measured: from 128 KiB on tables that double
       waste more, from 32 KiB on the ends of pages do). */
    MIN_SPAN = 64 << 10,
    /* What a span wastes at the end of its last page is at most this part of
       the block; other blocks lie in the heap. */
    TAIL_PART = 32,
    /* The footprint may pass its high-water mark by this part of the bytes that
       were unmapped to stay below: so that a program whose large blocks come
       and go unmaps less and less (measured: with 16 more is wasted than time
       saved). */
    ALLOWANCE_PART = 64,
    /* A map that has to move grows by this part of itself at least. */
    MAP_MOVE_PART = 8,

    /* The heap grows by what is missing and this part of itself; while the map
       moves with the break, by more at once (measured: less time). */
    GROWTH_PART = 4096,
    GROWTH_PART_MAP_IN_HEAP = 256,

    /* Granules that may be freed before a purge, in a heap that has just grown
       or uses purged pages again: 8 MiB and this part of the heap (measured:
       with 4 MiB programs that free everything before they end take longer). */
    PURGE_BASE = (8 << 20) / GRANULE,
    PURGE_PART = 16,
    /* After purges in a row: 256 KiB and this part of what is used (measured:
       with 1/32, threads that free much at once purge four times as often). */
    MIN_PURGE_BASE = (256 << 10) / GRANULE,
    MIN_PURGE_PART = 8,
    /* Granules of the smallest block that is purged: none below has a page. */
    MIN_PURGED = 4096 / GRANULE,
    /* Ranges that are discarded by one call. */
    MAX_RANGES = 64,
};

_Static_assert(GRANULE == 8 || GRANULE == 16, "MM_ALIGNMENT is 8 or 16");
_Static_assert((FIRST_BIN_LINK + BINS) % LINKS_PER_GRANULE == 0,
               "bins take whole granules");
_Static_assert(EXACT_BINS == WORD_BITS && BINS <= 2 * WORD_BITS,
               "nonempty_bins has two words, the first for exact bins");
_Static_assert(EXACT_BINS == 1 << EXACT_BINS_LOG2 &&
                   BINS_PER_DOUBLING == 1 << BINS_PER_DOUBLING_LOG2,
               "bin_of shifts by logarithms");

/* The caches that a search for a large block flushes, as a set of bits. */
static const uint32_t FLUSHED_FOR_LARGE = ~(uint32_t)0 << (MIN_FLUSHED - 1);

/* Bytes of the largest block: a recorded size has SIZE_BITS, and the sum of two
 * sizes does not wrap around. */
static const size_t MAX_PAYLOAD =
    ((((size_t)1 << SIZE_BITS) - 1) & PTRDIFF_MAX / GRANULE) * GRANULE;

/* The largest heap: the number of a link has 32 bits. */
static const size_t MAX_HEAP = UINT32_MAX / LINKS_PER_GRANULE;

/*
 * What a free block holds, and its size once more in its last four bytes. A
 * free block is clean while the system has its whole pages, otherwise dirty.
 */
struct free_block {
    uint32_t next;        /* number of the next block of the bin; 0: none */
    uint32_t linked_from; /* number of the link that leads to this block */
    uint32_t size;        /* granules */
    uint32_t clean;       /* from MIN_PURGED granules on; smaller: dirty */
};

/* Whole pages that are one large block, or free. */
struct span {
    char *start;
    size_t bytes;
    bool used;
};

static struct {
    /* Caches. Cache k has blocks of k + 1 granules. Its bit in a set is k. At
       the start of the struct an element takes one instruction less. */
    void *cache[CACHES];         /* first payload; each begins with the next */
    uint32_t nonempty_caches;    /* set; a cache not in it is empty */
    uint32_t refilled_caches;    /* set: refilled since the last flush */
    uint8_t next_refill[CACHES]; /* blocks that the next refill makes */
    int32_t cache_budget;        /* granules that may be cached yet: see I9 */

    /* The heap, in granules from its start. */
    char *base;             /* address of granule 0 */
    size_t top_chunk;       /* the sentinel, where the blocks end */
    size_t end;             /* where the top chunk ends, and so the heap */
    size_t brk;             /* the break, where a map in the heap ends */
    size_t never_used_from; /* memory from here to end is zero as it came */

    /* The map. Its last word, map_end[-1], has the marks of granules 0 to 31,
       the word before those of 32 to 63, and so on. */
    uint64_t *map_end;
    size_t map_granules; /* granules that it has marks for */
    bool map_has_pages;  /* of its own; else it lies in the heap */

    /* Bins. Their links lie at the heap's start, before the first block. */
    uint64_t nonempty_bins[2]; /* bit b % 64 of word b / 64: bin b has blocks */
    size_t free_granules;      /* sum of the sizes of all blocks in bins */

    /* Spans. The table is a used block of the heap. */
    struct span *spans;     /* by address */
    size_t span_count;      /* spans in the table */
    size_t span_capacity;   /* spans that the table has place for */
    size_t span_bytes;      /* of all spans */
    size_t free_span_bytes; /* of those that are free */
    size_t high_water;      /* bytes: the most that footprint() has been */
    size_t allowance;       /* bytes that the footprint may pass it by */
    size_t span_written;    /* bytes of the newest span that may not be zero */

    /* Purging. */
    int32_t purge_threshold; /* granules that may be freed before a purge */
    size_t used_at_reset;    /* used_granules() when the threshold was set */
    size_t used_at_most;     /* the most that was seen of them since then */
    size_t dirty_end;        /* granule: the top chunk is clean from here on */
    unsigned purge_count;    /* purges since mm_init */
} heap;

static inline bool likely(bool yes)
{
    return __builtin_expect(yes, true);
}

/*
 * Write "mm: WHAT: 0xADDRESS" to standard error and abort. No printf, which may
 * call malloc.
 */
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

/* The address of granule g: a payload, where a block starts there. */
static inline void *address(size_t g)
{
    return heap.base + g * GRANULE;
}

/*
 * The number of the granule that starts at payload. Where none starts there,
 * the result is larger than any granule's number: the low bits of an address
 * that is no multiple of GRANULE become the highest bits.
 */
static inline size_t granule_at(const void *payload)
{
    size_t offset = (size_t)((const char *)payload - heap.base);

    return offset / GRANULE | offset << (8 * sizeof offset - GRANULE_LOG2);
}

/* The size in granules of a block for that many bytes. */
static inline size_t granules_for(size_t bytes)
{
    size_t granules = (bytes + GRANULE - 1) / GRANULE;

    return granules < MIN_BLOCK ? MIN_BLOCK : granules;
}

/* The free block at g. */
static inline struct free_block *free_block(size_t g)
{
    return address(g);
}

/* The second size of the free block that ends before g. */
static inline uint32_t *size_before(size_t g)
{
    return (uint32_t *)address(g) - 1;
}

/* The link of that number: links are counted from the heap's start. */
static inline uint32_t *link_at(size_t number)
{
    return (uint32_t *)(void *)heap.base +
           number * (GRANULE / sizeof(uint32_t) / LINKS_PER_GRANULE);
}

/*
 * ==== The map. ====
 *
 * It tells what each granule is (mark_of, window) and how large a used or
 * cached block is (block_size, with record_size and erase_size for the large
 * ones). map_cover enlarges it, map_trim makes it smaller.
 */

/* ---- Marks: words run downwards from the map's end, bits upwards. ---- */

/* The word of the map that has g's mark. */
static inline uint64_t *map_word(size_t g)
{
    return heap.map_end + ~(g / MARKS_PER_WORD);
}

/* The lowest bit of g's mark in its word. */
static inline unsigned map_shift(size_t g)
{
    return (unsigned)(2 * g) % WORD_BITS;
}

static inline enum mark mark_of(size_t g)
{
    return *map_word(g) >> map_shift(g) & USED;
}

/* Change g's mark, which is `from`, to `to`. */
static inline void mark_change(size_t g, enum mark from, enum mark to)
{
    *map_word(g) ^= (uint64_t)(from ^ to) << map_shift(g);
}

/* The marks of g and of the 31 granules behind it, g's in the lowest bits. */
static inline uint64_t window(size_t g)
{
    const uint64_t *word = map_word(g);
    uint64_t low = word[0] >> map_shift(g);

    return low | word[-1] << 1 << (WORD_BITS - 1 - map_shift(g));
}

/* ---- Sizes of used and cached blocks. ---- */

/*
 * A recorded size: the tag, then the even bits of the size, then its odd bits.
 * Each mark gets one bit, so no mark in the word is USED or CACHED, and a free
 * of an address inside the block is still found to be wrong.
 */
enum {
    SIZE_TAG = FREE | FREE << 2 | FREE << 4,
    SIZE_TAG_BITS = 6,
    EVEN_SIZE_BITS = 0x5555555,
};

/*
 * The word of the map that records the size of a block at g, of MIN_RECORDED
 * granules or more: the word after next, whose marks all lie behind g's window.
 */
static inline uint64_t *size_word(size_t g)
{
    return map_word(g) - 2;
}

/* Record the size of the used block at g, if it is large enough for that. */
static inline void record_size(size_t g, size_t size)
{
    uint64_t even = size & EVEN_SIZE_BITS, odd = size >> 1 & EVEN_SIZE_BITS;

    if (size >= MIN_RECORDED)
        *size_word(g) = SIZE_TAG | even << SIZE_TAG_BITS |
                        odd << (SIZE_TAG_BITS + SIZE_BITS);
}

/* Make the marks of the size word INSIDE again, if the size was recorded. */
static inline void erase_size(size_t g, size_t size)
{
    if (size >= MIN_RECORDED)
        *size_word(g) = 0;
}

/* The number of INSIDE marks below the lowest other mark, which exists. */
static inline unsigned count_inside(uint64_t marks)
{
    return (unsigned)__builtin_ctzll(marks) / 2;
}

/*
 * The size of the used block at g where g's window shows no other mark: the
 * recorded size, or the distance to the next mark, which two more windows show.
 *
 * mm_size_unlocked calls this while other threads change marks. Marks of
 * neighbours lie where a block below MIN_RECORDED would have its size recorded,
 * and may look like the tag and a small size. So small sizes are not believed,
 * and the count ends with the third window.
 */
static size_t size_beyond_window(size_t g)
{
    uint64_t word = *size_word(g);
    size_t recorded = (word >> SIZE_TAG_BITS & EVEN_SIZE_BITS) |
                      (word >> (SIZE_TAG_BITS + SIZE_BITS)) << 1;

    if ((word & ((1 << SIZE_TAG_BITS) - 1)) == SIZE_TAG &&
        recorded >= MIN_RECORDED)
        return recorded;
    uint64_t second = window(g + MARKS_PER_WORD);
    uint64_t third = window(g + 2 * MARKS_PER_WORD);
    size_t size = second ? MARKS_PER_WORD : 2 * MARKS_PER_WORD;
    uint64_t behind = second ? second : third;
    behind |= (uint64_t)1 << (WORD_BITS - 1);
    return size + count_inside(behind);
}

/* The size of the used or cached block at g; marks is window(g). */
static inline size_t size_in_window(uint64_t marks, size_t g)
{
    uint64_t behind = marks >> 2;

    return behind ? count_inside(behind) + 1 : size_beyond_window(g);
}

/* The size of the used or cached block at g. */
static inline size_t block_size(size_t g)
{
    return size_in_window(window(g), g);
}

/*
 * ---- Where the map lies. ----
 *
 *      regime     place            growth                    while
 *      in heap    below the break  moves with the break      it is small
 *      own pages  in a mapping     downwards, or by a move   it is larger
 *      fixed      in a mapping     downwards only            always
 *
 * Small is up to MAX_MAP_IN_HEAP bytes. A map that has left the heap does not
 * return. MM_FIXED_MAP chooses the third regime: no mark ever moves. It grows
 * as far as memlib places a new mapping below the last one.
 */

/* The map's size in bytes. */
static size_t map_bytes(void)
{
    return heap.map_granules / MARKS_PER_BYTE;
}

/* Bytes of a map for a heap of that many granules, by I8. */
static size_t map_bytes_for(size_t granules)
{
    size_t bytes = (granules + MAP_MARGIN) / MARKS_PER_BYTE + 1;

    return (bytes + MAP_STEP - 1) / MAP_STEP * MAP_STEP;
}

static size_t round_to_pages(size_t bytes)
{
    size_t page = mem_pagesize();

    return (bytes + page - 1) / page * page;
}

/* The map's first byte. */
static char *map_start(void)
{
    return (char *)heap.map_end - map_bytes();
}

/* Let the bytes before end be the map. */
static void map_set(char *end, size_t bytes)
{
    heap.map_end = (uint64_t *)(void *)end;
    heap.map_granules = bytes * MARKS_PER_BYTE;
}

/*
 * Move the map to the bytes before end, at least as many as it has. Its old
 * place may overlap the new one. New marks are INSIDE.
 */
static void map_move(char *end, size_t bytes)
{
    size_t old = map_bytes();

    memmove(end - old, map_start(), old);
    memset(end - bytes, 0, bytes - old);
    map_set(end, bytes);
}

/*
 * Have a map of at least that many bytes in pages of its own. Where the map
 * leaves the heap, the place that it vacates becomes part of the top chunk,
 * used before, and gets marks as well. False, and nothing changed, where memlib
 * refuses.
 */
static bool map_cover(size_t bytes)
{
    size_t old = map_bytes(), vacated = heap.map_has_pages ? 0 : old / GRANULE;
    char *start = map_start(), *pages;

    bytes =
        round_to_pages(bytes + (vacated + MARKS_PER_BYTE - 1) / MARKS_PER_BYTE);
    if (heap.map_has_pages) {
        if (bytes <= old)
            return true;
        pages = mem_map(bytes - old);
        if (pages && pages + (bytes - old) == start) {
            map_set(start + old, bytes);
            return true;
        }
        if (pages)
            mem_unmap(pages, bytes - old);
        if (FIXED_MAP)
            return false;
        bytes = round_to_pages(bytes + old / MAP_MOVE_PART);
    }
    pages = mem_map(bytes);
    if (!pages)
        return false;
    map_move(pages + bytes, bytes);
    if (heap.map_has_pages) {
        mem_unmap(start, old);
    } else {
        heap.map_has_pages = true;
        heap.end += vacated;
        heap.never_used_from = heap.brk;
    }
    return true;
}

/* Unmap the map's own pages that the heap does not need. */
static void map_trim(void)
{
    size_t bytes = round_to_pages(map_bytes_for(heap.end));

    if (bytes >= map_bytes())
        return;
    mem_unmap(map_start(), map_bytes() - bytes);
    heap.map_granules = bytes * MARKS_PER_BYTE;
}

/*
 * ==== Bins and free blocks. ====
 *
 * find_fit finds a free block, and take makes a used block of it. release makes
 * a used or cached block free.
 */

/* ---- Bins. ---- */

/* The bin for free blocks of that size. */
static inline unsigned bin_of(size_t size)
{
    if (size < EXACT_BINS)
        return (unsigned)size;
    unsigned log2 = WORD_BITS - 1 - (unsigned)__builtin_clzll(size);
    unsigned part =
        (unsigned)(size >> (log2 - BINS_PER_DOUBLING_LOG2)) % BINS_PER_DOUBLING;
    unsigned b =
        EXACT_BINS + (log2 - EXACT_BINS_LOG2) * BINS_PER_DOUBLING + part;
    return b < BINS ? b : LAST_BIN;
}

/* The link to the first block of bin b. */
static inline uint32_t *bin(unsigned b)
{
    return link_at(FIRST_BIN_LINK + b);
}

/*
 * Put the free block at g first into the bin of its size, and write its size to
 * both ends. The block is dirty. The caller sets its marks, and counts it in
 * free_granules. Where no block follows, linked_from of "block 0" is written,
 * which nobody reads.
 */
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

/*
 * Clear the bit of bin b if it is empty, without a branch. A b of BINS or more
 * stands for a block's `next`, which has no bit.
 */
static inline void clear_bin_bit(unsigned b, bool empty)
{
    bool exists = b < BINS;

    heap.nonempty_bins[exists ? b / WORD_BITS : 0] &=
        ~((uint64_t)(empty & exists) << b % WORD_BITS);
}

/* Take the free block at g out of its bin; link is its linked_from. */
static inline void bin_unlink(size_t g, uint32_t link)
{
    uint32_t next = free_block(g)->next;

    *link_at(link) = next;
    free_block(next)->linked_from = link;
    clear_bin_bit(link - FIRST_BIN_LINK, next == 0);
}

/*
 * Take the free block at g out of its bin. The caller changes its marks, and
 * takes it out of free_granules.
 */
static inline void bin_remove(size_t g)
{
    bin_unlink(g, free_block(g)->linked_from);
}

/*
 * The same for the block that a block in use ends at. Ends the program if the
 * links were overwritten, as they are by a write beyond the end: linked_from
 * leads to no link to this block, or to where no memory is.
 */
static inline void bin_remove_behind(size_t g)
{
    if (!likely(*link_at(free_block(g)->linked_from) == g))
        fault("the link of a free block was overwritten", address(g));
    bin_remove(g);
}

/*
 * The smallest block of size granules or more among the first MAX_PROBES blocks
 * of bin b, among all blocks of the last bin; 0 where none fits. For a block
 * that is too small the surplus wraps around and is larger than all others.
 */
static size_t bin_best(unsigned b, size_t size)
{
    size_t best = 0, least = SIZE_MAX / 2;
    size_t probes = b == LAST_BIN ? SIZE_MAX : MAX_PROBES;

    for (size_t g = *bin(b); g && probes > 0;
         g = free_block(g)->next, probes--) {
        size_t surplus = free_block(g)->size - size;

        best = surplus < least ? g : best;
        least = surplus < least ? surplus : least;
    }
    return best;
}

/*
 * A block of size granules or more from bin b or the next bin that is not
 * empty; 0 if none is found. Bin b, of several sizes, is the bin of that size
 * or the first. All blocks of later bins are large enough.
 */
static size_t bin_search(unsigned b, size_t size)
{
    uint64_t bits = heap.nonempty_bins[1] >> b % WORD_BITS;
    size_t g = bits & 1 ? bin_best(b, size) : 0;

    if (g || bits < 2)
        return g;
    return bin_best(b + (unsigned)__builtin_ctzll(bits & ~(uint64_t)1), size);
}

/*
 * A free block of size granules or more: the best fit where that is in an exact
 * bin, else nearly the best. 0 if none is found.
 */
static inline size_t find_fit(size_t size)
{
    if (size >= EXACT_BINS)
        return bin_search(bin_of(size), size);
    uint64_t bits = heap.nonempty_bins[0] >> size << size;
    if (bits)
        return *bin((unsigned)__builtin_ctzll(bits));
    return bin_search(EXACT_BINS, size);
}

/* Is there a free block of just that size, which is below EXACT_BINS? */
static inline bool has_exact_fit(size_t size)
{
    return heap.nonempty_bins[0] >> size & 1;
}

/* ---- Free blocks. ---- */

/*
 * End the program if the first granule of the top chunk, which is not empty,
 * was never used and is written to: the block before it was too small.
 */
static inline void check_top_chunk(void)
{
    const uint64_t *start = address(heap.top_chunk);

    if (heap.top_chunk >= heap.never_used_from && *start)
        fault("the last block was written to beyond its end", start);
}

/*
 * Make the block at g free, merge it with its free neighbours, and put the
 * result into a bin or into the top chunk. The block is marked `was`, and its
 * size is not recorded (any more). By I2 its free neighbours have no free
 * neighbours of their own, so one look on each side is enough. Meanwhile I1 to
 * I4 do not hold for the three. The one mark of a free block of one granule is
 * both its first and its last.
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
        bin_remove_behind(end);
        if (free_block(end)->size > 1)
            mark_change(end, FREE, INSIDE);
        end += free_block(end)->size;
    } else if (end == heap.top_chunk) {
        if (end < heap.end)
            check_top_chunk();
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

/* Release the used block at g, recorded or not. */
static void release_used(size_t g, size_t size)
{
    erase_size(g, size);
    release(g, size, USED);
}

/*
 * Split the free block at g: its first size granules become a used block, the
 * rest a free one. I1 does not hold until the caller has recorded the size or
 * cut the block up. The rest, if any, has MIN_BLOCK granules or more.
 */
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

/*
 * Make the first block of the exact bin of that size used, and return it:
 * split() without a branch. The bin is not empty.
 */
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

/*
 * How many granules to take of a free block that has `whole`: size, or all
 * where the rest would be too small for a block.
 */
static inline size_t taken_size(size_t whole, size_t size)
{
    return whole - size < MIN_BLOCK ? whole : size;
}

/* Make the start of the free block at g a used block of taken_size(). */
static inline size_t take(size_t g, size_t size)
{
    size = taken_size(free_block(g)->size, size);
    split(g, size);
    record_size(g, size);
    return g;
}

/*
 * ==== Small-block caches. ====
 *
 * A freed small block, of at most CACHES granules, goes to cache[its size - 1]
 * by cache_push, and leaves it by cache_pop, or for a bin by flush_caches.
 * refill makes the blocks of an empty cache.
 */

/*
 * Put a block of k + 1 granules first into its cache. The caller marks it
 * CACHED. Its bit is set even if it is set already: a branch costs more.
 */
static inline void cache_push(void *payload, unsigned k)
{
    void *next = heap.cache[k];

    *(void **)payload = next;
    heap.cache[k] = payload;
    heap.cache_budget -= (int32_t)k + 1;
    heap.nonempty_caches |= (uint32_t)1 << k;
}

/*
 * Take the first block out of cache k, which is not empty. The caller marks it.
 * The cache's bit stays set.
 */
static inline void cache_pop(size_t k)
{
    void *payload = heap.cache[k];

    heap.cache[k] = *(void **)payload;
    heap.cache_budget += (int32_t)k + 1;
}

/* The sum of the sizes of all cached blocks, by I9. */
static inline size_t cached_granules(void)
{
    return (size_t)(heap.purge_threshold - heap.cache_budget);
}

/* Release each block of a list that a cache held, blocks of that size. */
static void release_list(void *payload, size_t size)
{
    while (payload) {
        size_t g = granule_at(payload);

        payload = *(void **)payload;
        heap.cache_budget += (int32_t)size;
        release(g, size, CACHED);
    }
}

/*
 * Flush these caches, a set of bits, all of them nonempty_caches. I7 does not
 * hold meanwhile: blocks that wait for their release are in no cache.
 */
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

/* Granules that all thresholds of a flush include, whatever else they add. */
static size_t flush_base(void)
{
    size_t part = heap.end / FLUSH_BASE_PART;

    return part < FLUSH_BASE ? part : FLUSH_BASE;
}

/* Make the block at g, all INSIDE, a cached one with `next` behind it. */
static inline void refill_one(size_t g, void *next)
{
    mark_change(g, INSIDE, CACHED);
    *(void **)address(g) = next;
}

/*
 * Cut the used block at g, of n * size granules and not recorded, into n
 * blocks. The first one stays used. The others become the cache of that size,
 * which is empty, in the order of their addresses, in which they will be used.
 */
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
        refill_one(at, address(at + size));
    refill_one(last, NULL);
}

/*
 * How many blocks a refill makes, 1 to max: twice as many as the last one of
 * that size since its cache was flushed, but no more than the heap's size
 * justifies.
 */
static size_t refill_count(size_t size, size_t max)
{
    size_t n = heap.next_refill[size - 1];
    size_t justified = (heap.end / REFILL_PART + flush_base()) / size;

    if (n < MAX_REFILL)
        heap.next_refill[size - 1] = (uint8_t)(2 * n);
    n = n < justified ? n : justified;
    n = n < max ? n : max;
    return n ? n : 1;
}

/*
 * ==== Purging: pages that nobody needs go back to the system. ====
 *
 * purge gives back what is free, whenever blocks of more than purge_threshold
 * granules are cached (mm_free), or so many granules fewer are used than at
 * most since the threshold was set (release_large). What was free at the last
 * purge is clean until it is used again, so it is not counted.
 */

/* Granules in used and cached blocks. */
static inline size_t used_granules(void)
{
    return heap.top_chunk - heap.free_granules;
}

/* Let the next purge come when that many granules have been freed. */
static void set_purge_threshold(size_t granules)
{
    size_t cached = cached_granules();

    heap.purge_threshold = (int32_t)granules;
    heap.cache_budget = heap.purge_threshold - (int32_t)cached;
    heap.used_at_reset = heap.used_at_most = used_granules();
}

/*
 * Set the threshold for a heap that has just grown, or uses purged pages again.
 */
static void reset_purge_threshold(void)
{
    set_purge_threshold(heap.end / PURGE_PART + PURGE_BASE);
}

/*
 * More granules are used than ever since the threshold was set. If they are
 * more by the threshold itself, they take pages that were purged.
 */
static __attribute__((noinline)) void rise(void)
{
    size_t used = used_granules();

    heap.used_at_most = used;
    if (used > heap.used_at_reset + (size_t)heap.purge_threshold)
        reset_purge_threshold();
}

/* Pages that are to be discarded together. */
struct discard {
    struct mem_range range[MAX_RANGES];
    size_t count;
};

/* Add the whole pages between the granules from and to. */
static void discard_add(struct discard *discard, size_t from, size_t to)
{
    uintptr_t page = mem_pagesize();
    uintptr_t first = ((uintptr_t)address(from) + page - 1) & -page;
    uintptr_t last = (uintptr_t)address(to) & -page;

    if (first >= last)
        return;
    if (discard->count == MAX_RANGES) {
        mem_discard(discard->range, discard->count);
        discard->count = 0;
    }
    discard->range[discard->count++] =
        (struct mem_range){(void *)first, last - first};
}

/*
 * Discard the whole pages of the top chunk, and of each dirty block except for
 * what it holds of itself at both ends. By I4 dirty blocks come first.
 */
static void discard_free_pages(void)
{
    struct discard discard = {.count = 0};

    for (unsigned b = bin_of(MIN_PURGED); b < BINS; b++)
        for (size_t g = *bin(b); g && !free_block(g)->clean;
             g = free_block(g)->next) {
            discard_add(&discard, g + MIN_BLOCK, g + free_block(g)->size - 1);
            free_block(g)->clean = true;
        }
    if (heap.top_chunk < heap.dirty_end)
        discard_add(&discard, heap.top_chunk, heap.dirty_end);
    heap.dirty_end = 0;
    mem_discard(discard.range, discard.count);
}

/*
 * Flush all caches, and give back all pages that hold nothing but free memory.
 * The threshold falls to its half, and rises again when the program uses more:
 * so a program that frees everything keeps little, and one that frees and
 * allocates in turn purges seldom.
 */
static __attribute__((noinline)) void purge(void)
{
    size_t half = (size_t)heap.purge_threshold / 2;
    size_t least = used_granules() / MIN_PURGE_PART + MIN_PURGE_BASE;

    heap.purge_count++;
    flush_all();
    discard_free_pages();
    set_purge_threshold(half > least ? half : least);
}

/* More is cached than the threshold: purge, unless it has to rise. */
static __attribute__((noinline)) void purge_cached(void)
{
    if (used_granules() > heap.used_at_most)
        rise();
    if (heap.cache_budget < 0)
        purge();
}

/* Release a used block that is too large for a cache, and purge if due. */
static inline void release_large(size_t g, size_t size)
{
    size_t used = used_granules();

    if (used > heap.used_at_most)
        rise();
    release_used(g, size);
    if (used - size + (size_t)heap.purge_threshold < heap.used_at_most)
        purge();
}

/*
 * ==== Spans: large blocks in pages of their own. ====
 *
 *      table | start, bytes, used | start, bytes, free | ...   by address
 *
 * allocate_span makes a used span: of a free one, or of new pages. release_span
 * makes it free, and resize_span resizes it.
 *
 * A free span costs nothing while the footprint is below its high-water mark,
 * which is what the heap is judged by, and spares the system's work of mapping
 * and clearing pages. So spans are unmapped only where the footprint would pass
 * the mark: by make_room, before the heap or the spans grow. The smallest go
 * first, for they serve the fewest requests. Where no free span is large
 * enough, one grows by what it lacks, if the addresses behind it are free. None
 * is moved, since nobody needs its contents.
 *
 * Whether to keep on unmapping or to let the footprint grow is the ski rental
 * problem: each byte that is unmapped pays a part of a byte of allowance.
 * A. R. Karlin et al., "Competitive Snoopy Caching", 1988.
 */

/* Bytes that the heap, its map and the spans take. */
static size_t footprint(void)
{
    return heap.brk * GRANULE + (heap.map_has_pages ? map_bytes() : 0) +
           heap.span_bytes;
}

/* Raise the mark to the footprint, where that has passed it. */
static void raise_high_water(void)
{
    size_t now = footprint();
    size_t more = now > heap.high_water ? now - heap.high_water : 0;

    heap.allowance -= more < heap.allowance ? more : heap.allowance;
    heap.high_water += more;
}

/*
 * May a block of that many bytes be a span? Not beside a fixed map, which has
 * to grow downwards; the runtime maps the largest blocks itself.
 */
static bool may_be_span(size_t bytes)
{
    return !FIXED_MAP && bytes >= MIN_SPAN;
}

/* ---- The table. ---- */

/* The number of spans that start at or below that address. */
static size_t spans_up_to(const char *address)
{
    size_t from = 0, to = heap.span_count;

    while (from < to) {
        size_t middle = (from + to) / 2;

        if (heap.spans[middle].start <= address)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static void delete_span(size_t i)
{
    heap.span_count--;
    memmove(heap.spans + i, heap.spans + i + 1,
            (heap.span_count - i) * sizeof *heap.spans);
}

/* Insert a span where its address belongs. The table has place for it. */
static size_t insert_span(struct span span)
{
    size_t i = spans_up_to(span.start);

    memmove(heap.spans + i + 1, heap.spans + i,
            (heap.span_count - i) * sizeof *heap.spans);
    heap.spans[i] = span;
    heap.span_count++;
    return i;
}

/* The used span that starts at payload; span_count where none does. */
static size_t span_at(const void *payload)
{
    if (granule_at(payload) < heap.top_chunk)
        return heap.span_count;
    size_t i = spans_up_to(payload);

    return i > 0 && heap.spans[i - 1].start == payload && heap.spans[i - 1].used
               ? i - 1
               : heap.span_count;
}

static bool are_neighbours(size_t i)
{
    const struct span *span = heap.spans + i;

    return span[0].start + span[0].bytes == span[1].start;
}

/* Is there a free span right behind span i? */
static bool is_free_behind(size_t i)
{
    return i + 1 < heap.span_count && !heap.spans[i + 1].used &&
           are_neighbours(i);
}

/* Merge the free span i with free neighbours. */
static size_t merge_span(size_t i)
{
    if (i > 0 && !heap.spans[i - 1].used && are_neighbours(i - 1))
        i--;
    while (is_free_behind(i)) {
        heap.spans[i].bytes += heap.spans[i + 1].bytes;
        delete_span(i + 1);
    }
    return i;
}

/* The smallest free span of that many bytes or more; span_count: none. */
static size_t best_span(size_t bytes)
{
    size_t best = heap.span_count, least = SIZE_MAX;

    if (heap.free_span_bytes < bytes)
        return best;
    for (size_t i = 0; i < heap.span_count; i++)
        if (!heap.spans[i].used && heap.spans[i].bytes >= bytes &&
            heap.spans[i].bytes < least) {
            best = i;
            least = heap.spans[i].bytes;
        }
    return best;
}

/* The smallest free span, of which there is one. */
static size_t smallest_span(void)
{
    size_t smallest = heap.span_count, least = SIZE_MAX;

    for (size_t i = 0; i < heap.span_count; i++)
        if (!heap.spans[i].used && heap.spans[i].bytes < least) {
            smallest = i;
            least = heap.spans[i].bytes;
        }
    return smallest;
}

/* ---- Pages. ---- */

/* Unmap the end of the free span i, all of it at most. Returns how much. */
static size_t unmap_end(size_t i, size_t bytes)
{
    struct span *span = heap.spans + i;

    bytes = bytes < span->bytes ? bytes : span->bytes;
    span->bytes -= bytes;
    mem_unmap(span->start + span->bytes, bytes);
    heap.span_bytes -= bytes;
    heap.free_span_bytes -= bytes;
    if (span->bytes == 0)
        delete_span(i);
    return bytes;
}

/* Unmap so many bytes of free spans, if there are as many. */
static void unmap_free_spans(size_t bytes)
{
    for (size_t unmapped; bytes > 0 && heap.free_span_bytes > 0;
         bytes -= unmapped) {
        unmapped = unmap_end(smallest_span(), bytes);
        heap.allowance += unmapped / ALLOWANCE_PART;
    }
}

/* Is the footprint to pass the mark with that many bytes more? */
static bool passes_high_water(size_t bytes)
{
    return footprint() + bytes > heap.high_water + heap.allowance;
}

/* Unmap what would make the footprint pass the mark. */
static void make_room(size_t bytes)
{
    size_t now = footprint(), most = heap.high_water + heap.allowance;

    if (heap.free_span_bytes > 0 && passes_high_water(bytes))
        unmap_free_spans(round_to_pages(now + bytes - most));
}

/*
 * Enlarge pages that are not in the table from old to that many bytes, maybe at
 * another place; or map new ones, where old is 0. Their start, or NULL where
 * memlib refuses even after the free spans are unmapped.
 */
static char *more_pages(char *start, size_t old, size_t bytes, size_t align)
{
    char *pages =
        old ? mem_remap(start, old, bytes) : mem_map_aligned(align, bytes);

    if (pages || heap.free_span_bytes == 0)
        return pages;
    unmap_free_spans(heap.free_span_bytes);
    return more_pages(start, old, bytes, align);
}

/* more_pages within the footprint's limits, and accounted for. */
static char *grow_pages(char *start, size_t old, size_t bytes, size_t align)
{
    make_room(bytes - old);
    char *pages = more_pages(start, old, bytes, align);
    heap.span_bytes += pages ? bytes - old : 0;
    raise_high_water();
    return pages;
}

/* ---- Spans. ---- */

/* A used block of the heap of that size, or 0. The table is one. */
static size_t allocate_large(size_t size);

/* Have place in the table for two spans more. */
static bool reserve_table(void)
{
    size_t capacity = heap.span_capacity ? 2 * heap.span_capacity : 8;

    if (heap.span_count + 2 <= heap.span_capacity)
        return true;
    size_t g = allocate_large(granules_for(capacity * sizeof *heap.spans));
    if (!g)
        return false;
    struct span *old = heap.spans;
    heap.spans = address(g);
    heap.span_capacity = capacity;
    if (old) {
        memcpy(heap.spans, old, heap.span_count * sizeof *old);
        release_used(granule_at(old), block_size(granule_at(old)));
    }
    return true;
}

/*
 * Let the used span i, which has them, keep the first so many bytes; the others
 * become a free span.
 */
static void split_span(size_t i, size_t bytes)
{
    struct span *span = heap.spans + i;
    struct span rest = {span->start + bytes, span->bytes - bytes, false};

    if (rest.bytes == 0)
        return;
    span->bytes = bytes;
    heap.free_span_bytes += rest.bytes;
    merge_span(insert_span(rest));
}

/*
 * The free span to enlarge to so many bytes where the footprint would pass the
 * mark with new pages: the largest for which the addresses up to the next span
 * are enough. span_count: none.
 */
static size_t growable_span(size_t bytes)
{
    size_t largest = heap.span_count, most = 0;

    if (heap.free_span_bytes == 0 || !passes_high_water(bytes))
        return largest;
    for (size_t i = 0; i + 1 < heap.span_count; i++)
        if (!heap.spans[i].used && heap.spans[i].bytes > most &&
            heap.spans[i].start + bytes <= heap.spans[i + 1].start) {
            largest = i;
            most = heap.spans[i].bytes;
        }
    return largest;
}

/*
 * The start of a new span of so many bytes, used; NULL where memlib refuses. A
 * free span that grows, or new pages, also where it cannot grow. No free span
 * is large enough, or none is known to be aligned.
 */
static void *new_span(size_t align, size_t bytes)
{
    struct span span = {NULL, 0, false};
    size_t i =
        align <= mem_pagesize() ? growable_span(bytes) : heap.span_count;

    if (i < heap.span_count) {
        span = heap.spans[i];
        delete_span(i);
        heap.free_span_bytes -= span.bytes;
    }
    heap.span_written = span.bytes;
    char *pages = grow_pages(span.start, span.bytes, bytes, align);
    if (!pages && span.bytes > 0) {
        mem_unmap(span.start, span.bytes);
        heap.span_bytes -= span.bytes;
        heap.span_written = 0;
        pages = grow_pages(NULL, 0, bytes, align);
    }
    if (pages)
        insert_span((struct span){pages, bytes, true});
    return pages;
}

/* Use so many bytes of the free span i, which has them. */
static void *take_span(size_t i, size_t bytes)
{
    char *start = heap.spans[i].start;

    heap.spans[i].used = true;
    heap.free_span_bytes -= heap.spans[i].bytes;
    heap.span_written = bytes;
    split_span(i, bytes);
    return start;
}

/*
 * The payload of a span for so many bytes, at a multiple of align, a power of
 * two. NULL where no memory is left.
 */
static void *allocate_span(size_t align, size_t bytes)
{
    bytes = round_to_pages(bytes);
    if (!reserve_table())
        return NULL;
    size_t i = align <= mem_pagesize() ? best_span(bytes) : heap.span_count;
    return i < heap.span_count ? take_span(i, bytes) : new_span(align, bytes);
}

static void release_span(size_t i)
{
    heap.spans[i].used = false;
    heap.free_span_bytes += heap.spans[i].bytes;
    merge_span(i);
}

/* Enlarge the used span i by pages of the free span behind it, if it has
 * them. */
static bool grow_span_in_place(size_t i, size_t more)
{
    if (!is_free_behind(i) || heap.spans[i + 1].bytes < more)
        return false;
    heap.spans[i].bytes += more;
    heap.spans[i + 1].start += more;
    heap.spans[i + 1].bytes -= more;
    heap.free_span_bytes -= more;
    if (heap.spans[i + 1].bytes == 0)
        delete_span(i + 1);
    return true;
}

/* Enlarge the used span i to so many bytes, maybe at another place. */
static void *move_span(size_t i, size_t bytes)
{
    struct span span = heap.spans[i];

    delete_span(i);
    char *pages = grow_pages(span.start, span.bytes, bytes, 0);
    if (pages)
        span = (struct span){pages, bytes, true};
    insert_span(span);
    return pages;
}

/* Resize the used span at payload, which may move. NULL, and nothing changed:
 * refused. */
static void *resize_span(void *payload, size_t bytes)
{
    bool has_place = reserve_table(); /* which may unmap other spans */
    size_t i = span_at(payload), old = heap.spans[i].bytes;

    if (bytes > old)
        return grow_span_in_place(i, bytes - old) ? payload
                                                  : move_span(i, bytes);
    if (has_place)
        split_span(i, bytes);
    return payload;
}

/*
 * ==== The top of the heap. ====
 *
 * ensure_top_chunk enlarges the top chunk, from which take_from_top_chunk and
 * split_top_chunk make used blocks.
 */

static inline size_t top_chunk_size(void)
{
    return heap.end - heap.top_chunk;
}

/*
 * Make the first size granules of the top chunk, which has them, a used block.
 * I1 does not hold until the caller has recorded the size or cut the block up.
 */
static inline void split_top_chunk(size_t size)
{
    check_top_chunk();
    heap.top_chunk += size;
    mark_change(heap.top_chunk, INSIDE, USED);
}

/* A used block of that size from the top chunk, which is large enough. */
static inline size_t take_from_top_chunk(size_t size)
{
    size_t g = heap.top_chunk;

    split_top_chunk(size);
    record_size(g, size);
    return g;
}

/* Move the break up. False above MAX_HEAP, or where memlib refuses. */
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

/*
 * Enlarge the top chunk by that many granules, or more, and the map as I8 needs
 * it. False where memlib refuses; a map that left the heap for this stays where
 * it is.
 */
static bool grow_top_chunk(size_t granules)
{
    size_t old = map_bytes(), bytes = map_bytes_for(heap.end + granules);

    bytes = bytes < old ? old : bytes;
    make_room(granules * GRANULE + (bytes - old));
    if (!heap.map_has_pages && bytes <= MAX_MAP_IN_HEAP) {
        if (!raise_break(granules + (bytes - old) / GRANULE))
            return false;
        map_move(address(heap.brk), bytes);
    } else {
        if (!map_cover(bytes))
            return false;
        raise_high_water();
        if (!raise_break(granules)) {
            map_trim();
            return false;
        }
    }
    heap.end += granules;
    raise_high_water();
    return true;
}

/* The same when no free spans are left; false if there were none. */
static bool grow_without_free_spans(size_t granules)
{
    if (heap.free_span_bytes == 0)
        return false;
    unmap_free_spans(heap.free_span_bytes);
    return grow_top_chunk(granules);
}

/*
 * Have a top chunk of that size or more. Where memlib refuses more than what is
 * missing, that alone is asked for, then without free spans. False where it
 * refuses that, too, and the place that the map vacated is not enough.
 */
static __attribute__((noinline)) bool ensure_top_chunk(size_t size)
{
    size_t part = heap.map_has_pages ? GROWTH_PART : GROWTH_PART_MAP_IN_HEAP;

    if (top_chunk_size() >= size)
        return true;
    size_t missing = size - top_chunk_size();
    if (!grow_top_chunk(missing + heap.end / part) &&
        !grow_top_chunk(missing) && !grow_without_free_spans(missing) &&
        top_chunk_size() < size)
        return false;
    reset_purge_threshold();
    return true;
}

/*
 * ==== Placement. ====
 *
 * Which memory serves a request: a block in its cache (mm_malloc), else the
 * best fit, or a better one after a flush, else the top chunk.
 */

/* ---- When to flush. ---- */

/*
 * Flush these caches if all caches together hold more than so many granules.
 * Returns whether that was done.
 */
static inline bool flush_if_above(size_t granules, uint32_t caches)
{
    if (caches == 0 || cached_granules() <= granules)
        return false;
    flush_caches(caches);
    return true;
}

/*
 * Flush before the heap grows: all caches if they hold much, those that were
 * not just refilled if they hold a little. The blocks of a refill are meant for
 * the next requests, and lie side by side.
 */
static bool flush_before_growth(void)
{
    uint32_t freed = heap.nonempty_caches & ~heap.refilled_caches;

    return flush_if_above(heap.end / GROWTH_FLUSH_PART + flush_base(),
                          heap.nonempty_caches) ||
           flush_if_above(flush_base() * GROWTH_FLUSH_FIFTHS / 5, freed);
}

/* Flush before the search for a large block. */
static bool flush_for_large(void)
{
    return flush_if_above(heap.end / LARGE_FLUSH_PART + flush_base() / 2,
                          heap.nonempty_caches & FLUSHED_FOR_LARGE);
}

/*
 * May a flush give a better fit for size granules than the free block g (0:
 * none), without merging far more than is requested?
 */
static bool flush_may_help(size_t g, size_t size)
{
    return (!g || free_block(g)->size > CLOSE_FIT * size) &&
           cached_granules() <= MAX_FLUSH_COST * size;
}

/* ---- New blocks. ---- */

/*
 * A new used block from the start of the free block g, and a refill of its
 * cache from what follows, if that is large enough.
 */
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

/* The same from the top chunk; 0 where no memory is left. */
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

/* A new used block, whose cache is empty; 0 where no memory is left. */
static size_t allocate_small(size_t size)
{
    if (has_exact_fit(size))
        return take_exact(size);
    size_t g = find_fit(size);

    if (!g && flush_before_growth())
        g = find_fit(size);
    return g ? take_and_refill(g, size) : take_top_chunk_and_refill(size);
}

/* A new used block, too large for a cache; 0 where no memory is left. */
static size_t allocate_large(size_t size)
{
    size_t g = find_fit(size);

    if (size >= MIN_SEARCH_FLUSH && flush_may_help(g, size) &&
        flush_for_large())
        g = find_fit(size);
    if (!g && top_chunk_size() < size && flush_before_growth())
        g = find_fit(size);
    if (g)
        return take(g, size);
    return ensure_top_chunk(size) ? take_from_top_chunk(size) : 0;
}

/* The payload of a new block of size granules; NULL where no memory is left. */
static __attribute__((noinline)) void *malloc_small(size_t size)
{
    size_t g = allocate_small(size);

    return g ? address(g) : NULL;
}

/* The payload of a block for that many bytes in what the heap has, or NULL. */
static void *take_free_block(size_t bytes)
{
    size_t size = granules_for(bytes), g = find_fit(size);

    if (g)
        return address(take(g, size));
    return top_chunk_size() < size ? NULL : address(take_from_top_chunk(size));
}

/* The same, or a span where the heap has not enough. */
static void *malloc_span(size_t bytes)
{
    void *payload = take_free_block(bytes);

    return payload ? payload : allocate_span(1, bytes);
}

/* Is a span to hold a block of that many bytes, where no free block can? */
static bool is_span_size(size_t bytes)
{
    return may_be_span(bytes) &&
           round_to_pages(bytes) - bytes <= bytes / TAIL_PART;
}

/* The payload of a new block for that many bytes; NULL for 0 or too many. */
static __attribute__((noinline)) void *malloc_large(size_t bytes)
{
    if (bytes == 0 || bytes > MAX_PAYLOAD)
        return NULL;
    void *payload = is_span_size(bytes) ? malloc_span(bytes) : NULL;
    if (payload)
        return payload;
    size_t g = allocate_large(granules_for(bytes));
    return g ? address(g) : NULL;
}

/* ---- Blocks that grow and shrink. ---- */

/* Split the used block g of that size before the granule at; both are used. */
static void split_used(size_t g, size_t size, size_t at)
{
    erase_size(g, size);
    mark_change(at, INSIDE, USED);
    record_size(g, at - g);
    record_size(at, g + size - at);
}

/* Merge the used blocks g and at, neighbours, into one of that size. */
static void merge_used(size_t g, size_t at, size_t size)
{
    erase_size(g, at - g);
    erase_size(at, g + size - at);
    mark_change(at, USED, INSIDE);
    record_size(g, size);
}

/* Free what the used block g of size old has beyond size, if it is a block. */
static void shrink_in_place(size_t g, size_t old, size_t size)
{
    if (old - size < MIN_BLOCK)
        return;
    split_used(g, old, g + size);
    mm_free(address(g + size));
}

/*
 * Enlarge the used block g from old to size granules, or hardly more, by free
 * memory behind it; by the top chunk only below MIN_SPAN. False, and nothing
 * changed, where there is not enough.
 */
static bool grow_in_place(size_t g, size_t old, size_t size)
{
    size_t end = g + old, more = size - old;

    if (end == heap.top_chunk) {
        if (may_be_span(size * GRANULE) || !ensure_top_chunk(more))
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

/*
 * Move a payload of old granules to a new block of that many bytes, which is
 * larger. NULL, and the payload as it was, where no memory is left.
 */
static void *move(void *payload, size_t old, size_t bytes)
{
    void *new = may_be_span(bytes) ? malloc_span(bytes) : NULL;

    if (!new)
        new = mm_malloc(bytes);
    if (!new)
        return NULL;
    memcpy(new, payload, old * GRANULE);
    mm_free(payload);
    return new;
}

/* ---- Aligned blocks. ---- */

/*
 * Granules from g to the first place that is aligned to align bytes and leaves
 * a whole block before it, or nothing.
 */
static size_t front_gap(size_t g, size_t align)
{
    size_t gap = (-(uintptr_t)address(g) & (align - 1)) / GRANULE;

    return gap > 0 && gap < MIN_BLOCK ? gap + align / GRANULE : gap;
}

/*
 * A free block with an aligned place for size granules in it; 0 if none is
 * found. The best fit, if it has one as it lies; else a block that has one
 * wherever it lies.
 */
static size_t find_aligned(size_t size, size_t align)
{
    size_t g = find_fit(size);

    if (g && free_block(g)->size < front_gap(g, align) + size)
        g = find_fit(size + align / GRANULE + MIN_BLOCK - 1);
    return g;
}

/* ==== The interface: mm.h. ==== */

/* The used block that starts at payload. Ends the program where none does. */
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

int mm_init(void)
{
    size_t map = map_bytes_for(BIN_GRANULES);
    size_t first = BIN_GRANULES + map / GRANULE;
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
    heap.map_granules = map * MARKS_PER_BYTE;
    if (FIXED_MAP && !map_cover(map))
        return -1;
    raise_high_water();
    mark_change(heap.top_chunk, INSIDE, USED);
    reset_purge_threshold();
    return 0;
}

void *mm_malloc(size_t size)
{
    size_t k = (size - 1) / GRANULE;

    k += k + 1 < MIN_BLOCK;
    if (likely(k < CACHES)) {
        void *payload = heap.cache[k];

        if (likely(payload != NULL)) {
            cache_pop(k);
            mark_change(granule_at(payload), CACHED, USED);
            return payload;
        }
        return malloc_small(k + 1);
    }
    return malloc_large(size);
}

/* Free the used block at g, too large for a cache. */
static __attribute__((noinline)) void free_large(size_t g)
{
    release_large(g, size_beyond_window(g));
}

/* Free a span, or nothing for NULL; another address ends the program. */
static __attribute__((noinline)) void free_outside_heap(void *ptr)
{
    size_t i = span_at(ptr);

    if (i < heap.span_count)
        release_span(i);
    else if (ptr)
        used_block_at(ptr);
}

void mm_free(void *ptr)
{
    size_t g = granule_at(ptr);
    uint64_t marks = likely(g < heap.top_chunk) ? window(g) : INSIDE;
    uint64_t behind = marks >> 2;

    if (!likely((marks & USED) == USED)) {
        free_outside_heap(ptr);
    } else if (!likely(behind != 0)) {
        free_large(g);
    } else {
        mark_change(g, USED, CACHED);
        cache_push(ptr, count_inside(behind));
        if (!likely(heap.cache_budget >= 0))
            purge_cached();
    }
}

/*
 * Resize the used span i. It moves to a block of the heap where it shrinks
 * below MIN_SPAN, or where it would make the footprint pass the mark, and a
 * free block is large enough.
 */
static void *realloc_span(size_t i, size_t size)
{
    size_t old = heap.spans[i].bytes, bytes = round_to_pages(size);
    void *payload = heap.spans[i].start, *new = NULL;

    if (size < MIN_SPAN)
        new = mm_malloc(size);
    else if (bytes > old && passes_high_water(bytes - old))
        new = take_free_block(size);
    if (!new)
        return resize_span(payload, bytes);
    memcpy(new, payload, old < size ? old : size);
    mm_free(payload);
    return new;
}

/* Resize the used block at g. */
static void *realloc_block(size_t g, size_t size)
{
    size_t old = block_size(g), granules = granules_for(size);

    if (granules < old)
        shrink_in_place(g, old, granules);
    if (granules <= old || grow_in_place(g, old, granules))
        return address(g);
    return move(address(g), old, size);
}

void *mm_realloc(void *ptr, size_t size)
{
    if (!ptr)
        return mm_malloc(size);
    if (size == 0) {
        mm_free(ptr);
        return NULL;
    }
    if (size > MAX_PAYLOAD)
        return NULL;
    size_t i = span_at(ptr);
    return i < heap.span_count ? realloc_span(i, size)
                               : realloc_block(used_block_at(ptr), size);
}

/* A block of memory that was never used is zero already. */
void *mm_calloc(size_t count, size_t size)
{
    size_t bytes, old_top_chunk = heap.top_chunk;

    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    void *payload = mm_malloc(bytes);
    size_t g = granule_at(payload);
    if (!payload)
        return NULL;
    if (g >= heap.top_chunk)
        memset(payload, 0,
               bytes < heap.span_written ? bytes : heap.span_written);
    else if (g < old_top_chunk || g < heap.never_used_from)
        memset(payload, 0, bytes);
    return payload;
}

/* The first bound keeps 2 * align from wrapping around in the second one. */
void *mm_memalign(size_t align, size_t bytes)
{
    size_t size = granules_for(bytes);

    if (align <= GRANULE)
        return mm_malloc(bytes);
    if (bytes == 0 || align > MAX_PAYLOAD / 4 ||
        bytes > MAX_PAYLOAD - 2 * align)
        return NULL;
    size_t g = find_aligned(size, align);
    if (!g && flush_before_growth())
        g = find_aligned(size, align);
    if (!g && is_span_size(bytes)) {
        void *payload = allocate_span(align, bytes);
        if (payload)
            return payload;
    }
    size_t gap = front_gap(g ? g : heap.top_chunk, align);
    if (!g && !ensure_top_chunk(gap + size))
        return NULL;
    g = g ? take(g, gap + size) : take_from_top_chunk(gap + size);
    if (gap > 0) {
        split_used(g, block_size(g), g + gap);
        release_used(g, gap);
    }
    return address(g + gap);
}

size_t mm_usable_size(void *ptr)
{
    size_t i = span_at(ptr);

    if (i < heap.span_count)
        return heap.spans[i].bytes;
    return ptr ? block_size(used_block_at(ptr)) * GRANULE : 0;
}

/* ==== The audit. Its functions return the invariant broken, or 0. ==== */

/* What audit_blocks counts, for the audits that follow it. */
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

/* I1 to I3 for the free block at g; size is the one at its start. */
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

/* I1 for the used or cached block at g; size is what block_size told. */
static int audit_used(size_t g, size_t size)
{
    size_t from = size < MIN_RECORDED ? g + 1 : g + 3 * MARKS_PER_WORD;

    if (size == 0 || size > heap.top_chunk - g || mark_of(g + size) == INSIDE)
        return 1;
    return all_inside(from, g + size) ? 0 : 1;
}

/* I1 to I3 for the block at g, which is counted, and its size. */
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

/* I8, then I1 to I3 for all blocks and the top chunk. */
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

/* May g, a link's number, stand in bin b, where a clean block came before? */
static bool belongs_in_bin(size_t g, unsigned b, bool after_clean)
{
    return g < heap.top_chunk && mark_of(g) == FREE &&
           bin_of(free_block(g)->size) == b && is_clean(g) >= after_clean;
}

/* I4 to I6 for bin b; *left counts down the free blocks of the heap. */
static int audit_bin(unsigned b, size_t *left)
{
    size_t link = FIRST_BIN_LINK + b;
    bool clean = false;

    for (size_t g = *bin(b); g;
         link = g * LINKS_PER_GRANULE, g = free_block(g)->next, --*left) {
        if (*left == 0 || !belongs_in_bin(g, b, clean))
            return 4;
        if (free_block(g)->linked_from != link)
            return 5;
        clean = is_clean(g);
    }
    bool bit = heap.nonempty_bins[b / WORD_BITS] >> b % WORD_BITS & 1;
    return bit == (*bin(b) != 0) ? 0 : 6;
}

/* I4 to I6 for all bins, in a heap with that many free blocks. */
static int audit_bins(size_t free_blocks)
{
    for (unsigned b = 0; b < BINS; b++) {
        int broken = audit_bin(b, &free_blocks);

        if (broken)
            return broken;
    }
    return free_blocks == 0 ? 0 : 4;
}

/* May this payload stand in cache k? */
static bool belongs_in_cache(const void *payload, unsigned k)
{
    size_t g = granule_at(payload);

    return g < heap.top_chunk && mark_of(g) == CACHED && block_size(g) == k + 1;
}

/* I7, in a heap whose cached blocks add up to that many granules. */
static int audit_caches(size_t granules)
{
    for (unsigned k = 0; k < CACHES; k++) {
        void *payload = heap.cache[k];

        if (payload && !(heap.nonempty_caches >> k & 1))
            return 7;
        for (; payload; payload = *(void **)payload, granules -= k + 1)
            if (granules < k + 1 || !belongs_in_cache(payload, k))
                return 7;
    }
    return granules == 0 ? 0 : 7;
}

/* I10. */
static int audit_spans(void)
{
    size_t bytes = 0, free_bytes = 0;

    for (size_t i = 0; i < heap.span_count; i++) {
        const struct span *span = heap.spans + i;

        if (span->bytes == 0 || span->bytes % mem_pagesize() != 0 ||
            (i > 0 && span[-1].start + span[-1].bytes > span->start) ||
            (!span->used && is_free_behind(i)))
            return 10;
        bytes += span->bytes;
        free_bytes += span->used ? 0 : span->bytes;
    }
    return bytes == heap.span_bytes && free_bytes == heap.free_span_bytes &&
                   footprint() <= heap.high_water
               ? 0
               : 10;
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
    return broken ? broken : audit_spans();
}

/* ==== For processes with threads: docs/processes.md. ==== */

#ifdef MM_FIXED_MAP

unsigned mm_purge_count(void)
{
    return heap.purge_count;
}

/* What is too small for a block is never left over: MIN_BLOCK is 1. */
size_t mm_good_size(size_t size)
{
    return granules_for(size) * GRANULE;
}

/*
 * No lock is needed. The marks of a block stay as they are while it is used.
 * The mark behind it may change into another, but not into INSIDE, for nothing
 * merges with a used block. The map never moves: it grows downwards, before the
 * heap does. The sentinel is marked USED, but nothing follows it.
 */
struct mm_marks mm_marks(void)
{
    return (struct mm_marks){heap.base, heap.map_end,
                             GRANULE == 16 ? heap.map_granules : 0};
}

size_t mm_size_unlocked(const void *ptr)
{
    size_t g = granule_at(ptr);
    uint64_t marks = g < heap.top_chunk ? window(g) : INSIDE;

    return (marks & USED) == USED ? size_in_window(marks, g) * GRANULE : 0;
}

#endif
