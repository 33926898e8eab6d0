/*
 * mm_audit_test.c - each invariant of mm.c, broken by hand, is found.
 *
 * The allocator itself is included, over a heap of this file's own, so that
 * its marks, bins and caches can be damaged one at a time.
 */
#include "../check.h"

#include "../../mm.c"

#include <sys/mman.h>

/* ---- The system: a heap that grows, mappings from above. ---- */

enum { SPACE = 1 << 26 };

static char *space;
static size_t space_break, space_mapped;

void *mem_sbrk(intptr_t increment)
{
    char *area = space + space_break;

    space_break += (size_t)increment;
    return area;
}

void *mem_map(size_t size)
{
    space_mapped += size;
    return space + SPACE - space_mapped;
}

int mem_unmap(void *ptr, size_t size)
{
    memset(ptr, 0, size);
    return 0;
}

/* As hard as can be: what is said to be of no use is gone. */
void mem_discard(void *ptr, size_t size)
{
    memset(ptr, 0xee, size);
}

size_t mem_pagesize(void)
{
    return 4096;
}

/* ---- A heap with something of everything. ---- */

static struct {
    void *small, *large, *last;    /* in use */
    size_t hole, big_hole, cached; /* free blocks */
} sample;

static void begin(void)
{
    space = mmap(NULL, SPACE, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(space != MAP_FAILED && mm_init() == 0);
}

static void sample_heap(void)
{
    begin();
    void *hole = mm_malloc(1000), *cached;

    sample.small = mm_malloc(40);
    cached = mm_malloc(40);
    void *big = mm_malloc(20000);
    sample.large = mm_malloc(100000);
    void *same = mm_malloc(1000);
    sample.last = mm_malloc(600);
    mm_free(same);
    mm_free(hole);
    mm_free(big);
    mm_free(cached);
    sample.hole = granule_at(hole);
    sample.big_hole = granule_at(big);
    sample.cached = granule_at(cached);
    CHECK(mm_audit() == 0);
}

static void i1_a_mark_inside_a_block(void)
{
    sample_heap();
    mark_change(granule_at(sample.large) + 200, INSIDE, USED);
    CHECK(mm_audit() == 1);
}

static void i1_no_mark_at_the_end_of_a_hole(void)
{
    sample_heap();
    mark_change(sample.hole + hole(sample.hole)->size - 1, FREE, INSIDE);
    CHECK(mm_audit() == 1);
}

static void i1_no_sentinel(void)
{
    sample_heap();
    mark_change(heap.wild, USED, INSIDE);
    CHECK(mm_audit() == 1);
}

static void i1_a_wrong_size_of_a_large_block(void)
{
    sample_heap();
    *size_word(granule_at(sample.large)) ^= (uint64_t)1 << THREE;
    CHECK(mm_audit() == 1);
}

static void i2_free_neighbours(void)
{
    sample_heap();
    size_t g = granule_at(sample.last), size = size_of(g);
    mark_change(g, USED, FREE);
    mark_change(g + size - 1, INSIDE, FREE);
    hole(g)->size = *size_before(g + size) = (uint32_t)size;
    CHECK(mm_audit() == 2);
}

static void i3_sizes_that_differ(void)
{
    sample_heap();
    *size_before(sample.hole + hole(sample.hole)->size) += 1;
    CHECK(mm_audit() == 3);
}

static void i3_a_size_beyond_the_heap(void)
{
    sample_heap();
    hole(sample.hole)->size = UINT32_MAX;
    CHECK(mm_audit() == 3);
}

static void i4_a_hole_in_no_bin(void)
{
    sample_heap();
    bin_remove(sample.hole);
    CHECK(mm_audit() == 4);
}

static void i4_a_hole_in_the_bin_of_another_size(void)
{
    sample_heap();
    size_t size = hole(sample.hole)->size;
    bin_remove(sample.hole);
    bin_add(sample.hole, size + 1);
    hole(sample.hole)->size = (uint32_t)size;
    *size_before(sample.hole + size) = (uint32_t)size;
    CHECK(mm_audit() == 4);
}

static void i4_a_circle(void)
{
    sample_heap();
    hole(sample.hole)->next = (uint32_t)sample.hole;
    hole(sample.hole)->slot = (uint32_t)sample.hole * SLOTS;
    CHECK(mm_audit() == 4 || mm_audit() == 5);
}

static void i4_a_clean_one_before_others(void)
{
    begin();
    void *first = mm_malloc(20000), *wall = mm_malloc(1000);
    void *second = mm_malloc(20000);

    CHECK(mm_malloc(1000) && wall);
    mm_free(first);
    mm_free(second);
    CHECK(mm_audit() == 0);
    hole(granule_at(second))->clean = true;
    CHECK(mm_audit() == 4);
}

static void i5_a_wrong_slot(void)
{
    sample_heap();
    hole(sample.big_hole)->slot += 1;
    CHECK(mm_audit() == 5);
}

static void i6_no_bit_for_a_bin(void)
{
    sample_heap();
    unsigned b = bin_of(hole(sample.hole)->size);
    heap.filled[b / WORD] &= ~((uint64_t)1 << b % WORD);
    CHECK(mm_audit() == 6);
}

static void i6_a_bit_for_no_block(void)
{
    sample_heap();
    CHECK(*bin(BINS - 1) == 0);
    heap.filled[(BINS - 1) / WORD] |= (uint64_t)1 << (BINS - 1) % WORD;
    CHECK(mm_audit() == 6);
}

static void i7_a_cached_block_in_no_cache(void)
{
    sample_heap();
    heap.cache[2] = NULL;
    CHECK(mm_audit() == 7);
}

static void i7_a_used_block_in_a_cache(void)
{
    sample_heap();
    mark_change(sample.cached, CACHED, USED);
    CHECK(mm_audit() == 7);
}

static void i7_no_bit_for_a_cache(void)
{
    sample_heap();
    heap.stocked = 0;
    CHECK(mm_audit() == 7);
}

static void i8_a_map_that_is_too_short(void)
{
    sample_heap();
    heap.covered = heap.limit;
    CHECK(mm_audit() == 8);
}

static void i9_too_much_room(void)
{
    sample_heap();
    heap.room += 1;
    CHECK(mm_audit() == 9);
}

static void i9_too_much_idle(void)
{
    sample_heap();
    heap.idle += 1;
    CHECK(mm_audit() == 9);
}

/* ---- What no trace shows. ---- */

/* Neighbours of 4 GiB may merge: a hole may be as large as the heap. */
static void every_hole_has_a_bin(void)
{
    for (size_t size = 1; size <= MOST_HEAP; size += size / 5 + 1)
        CHECK(bin_of(size) < BINS);
    CHECK(bin_of(MOST_HEAP) == BINS - 1);
    CHECK(bin_of(MOST_GRANULES) == BINS - 1);
    CHECK(bin_of(MOST_GRANULES / 2) < BINS - 1);
}

/* It leaves its place at the break to the wilderness, whatever grew then. */
static void the_map_covers_what_it_leaves(void)
{
    for (size_t size = 16; size < 60000; size += size / 8 + 1) {
        begin();
        while (!heap.map_has_pages)
            CHECK(mm_malloc(size));
        CHECK(mm_audit() == 0);
        munmap(space, SPACE);
        space_break = space_mapped = 0;
    }
}

/* ---- Pages that are given back. ---- */

/*
 * Most of a large heap is freed, the memory that is given back is wiped out,
 * and what is left is as it was, and so is the heap.
 */
static void nothing_in_use_is_discarded(void)
{
    enum { BLOCKS = 20000, KEPT = 97 };
    static unsigned char *block[BLOCKS];

    begin();
    for (size_t i = 0; i < BLOCKS; i++) {
        block[i] = mm_malloc(16 + i * 7919 % 3000);
        memset(block[i], (int)i, 16 + i * 7919 % 3000);
    }
    for (size_t i = 0; i < BLOCKS; i++)
        if (i % KEPT != 0)
            mm_free(block[i]);
    CHECK(mm_audit() == 0);
    for (size_t i = 0; i < BLOCKS; i += KEPT)
        for (size_t k = 0; k < 16 + i * 7919 % 3000; k++)
            CHECK(block[i][k] == (unsigned char)i);
    CHECK(heap.patience < PATIENCE);
}

static const struct test tests[] = {
    {"i1-a-mark-inside-a-block", i1_a_mark_inside_a_block},
    {"i1-no-mark-at-the-end-of-a-hole", i1_no_mark_at_the_end_of_a_hole},
    {"i1-no-sentinel", i1_no_sentinel},
    {"i1-a-wrong-size-of-a-large-block", i1_a_wrong_size_of_a_large_block},
    {"i2-free-neighbours", i2_free_neighbours},
    {"i3-sizes-that-differ", i3_sizes_that_differ},
    {"i3-a-size-beyond-the-heap", i3_a_size_beyond_the_heap},
    {"i4-a-hole-in-no-bin", i4_a_hole_in_no_bin},
    {"i4-a-hole-in-the-bin-of-another-size",
     i4_a_hole_in_the_bin_of_another_size},
    {"i4-a-circle", i4_a_circle},
    {"i4-a-clean-one-before-others", i4_a_clean_one_before_others},
    {"i5-a-wrong-slot", i5_a_wrong_slot},
    {"i6-no-bit-for-a-bin", i6_no_bit_for_a_bin},
    {"i6-a-bit-for-no-block", i6_a_bit_for_no_block},
    {"i7-a-cached-block-in-no-cache", i7_a_cached_block_in_no_cache},
    {"i7-a-used-block-in-a-cache", i7_a_used_block_in_a_cache},
    {"i7-no-bit-for-a-cache", i7_no_bit_for_a_cache},
    {"i8-a-map-that-is-too-short", i8_a_map_that_is_too_short},
    {"i9-too-much-room", i9_too_much_room},
    {"i9-too-much-idle", i9_too_much_idle},
    {"every-hole-has-a-bin", every_hole_has_a_bin},
    {"the-map-covers-what-it-leaves", the_map_covers_what_it_leaves},
    {"nothing-in-use-is-discarded", nothing_in_use_is_discarded},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
