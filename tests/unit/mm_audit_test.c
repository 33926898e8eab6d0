/*
 * mm_audit_test.c - each invariant of mm.c, broken by hand, is found.
 *
 * The allocator itself is included, over a heap of this file's own, so that
 * its marks, bins and caches can be damaged one at a time.
 */
#include "../check.h"

#ifndef FLAGSHIP

static void invariants(void)
{
    check_skip("mm.c is not the flagship here");
}

static const struct test tests[] = {{"invariants", invariants}};

#else

#include "../../mm.c"

#include <sys/mman.h>

/* ---- memlib of this test: a heap that grows, mappings from above. ---- */

enum { SPACE = 1 << 26 };

static char *space;
static size_t space_break, space_mapped;
static bool break_is_refused, mappings_have_gaps;

void *mem_sbrk(intptr_t increment)
{
    char *area = space + space_break;

    if (break_is_refused || increment < 0 ||
        (size_t)increment > SPACE - space_mapped - space_break)
        return (void *)-1;
    space_break += (size_t)increment;
    return area;
}

void *mem_map(size_t size)
{
    if (mappings_have_gaps)
        space_mapped += mem_pagesize();
    if (size > SPACE - space_mapped - space_break)
        return NULL;
    space_mapped += size;
    return space + SPACE - space_mapped;
}

int mem_unmap(void *ptr, size_t size)
{
    memset(ptr, 0, size);
    if (ptr == space + SPACE - space_mapped)
        space_mapped -= size;
    return 0;
}

void *mem_map_aligned(size_t align, size_t size)
{
    space_mapped += (uintptr_t)(space + SPACE - space_mapped - size) % align;
    return mem_map(size);
}

/* It always moves. */
void *mem_remap(void *ptr, size_t old_size, size_t new_size)
{
    void *new = mem_map(new_size);

    if (new)
        memcpy(new, ptr, old_size);
    return new;
}

/* The contents of discarded memory are lost, whatever its size. */
void mem_discard(const struct mem_range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        memset(ranges[i].start, 0xee, ranges[i].size);
}

size_t mem_pagesize(void)
{
    return 4096;
}

/* ---- A sample: a heap with a block of each kind. ---- */

static struct {
    void *small, *large, *last; /* payloads of blocks in use */
    size_t freed, large_freed;  /* where free blocks begin, granules */
    size_t cached;              /* where a cached block begins, granules */
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
    void *freed = mm_malloc(1000), *cached;

    sample.small = mm_malloc(40);
    cached = mm_malloc(40);
    void *big = mm_malloc(20000);
    sample.large = mm_malloc(60000);
    void *same = mm_malloc(1000);
    sample.last = mm_malloc(600);
    mm_free(same);
    mm_free(freed);
    mm_free(big);
    mm_free(cached);
    sample.freed = granule_at(freed);
    sample.large_freed = granule_at(big);
    sample.cached = granule_at(cached);
    CHECK(mm_audit() == 0);
}

static void i1_a_mark_inside_a_block(void)
{
    sample_heap();
    mark_change(granule_at(sample.large) + 200, INSIDE, USED);
    CHECK(mm_audit() == 1);
}

static void i1_no_mark_at_the_end_of_a_free_block(void)
{
    sample_heap();
    mark_change(sample.freed + free_block(sample.freed)->size - 1, FREE,
                INSIDE);
    CHECK(mm_audit() == 1);
}

static void i1_no_sentinel(void)
{
    sample_heap();
    mark_change(heap.top_chunk, USED, INSIDE);
    CHECK(mm_audit() == 1);
}

static void i1_a_wrong_size_of_a_large_block(void)
{
    sample_heap();
    *size_word(granule_at(sample.large)) ^= (uint64_t)1 << SIZE_TAG_BITS;
    CHECK(mm_audit() == 1);
}

static void i2_free_neighbours(void)
{
    sample_heap();
    size_t g = granule_at(sample.last), size = block_size(g);
    mark_change(g, USED, FREE);
    mark_change(g + size - 1, INSIDE, FREE);
    free_block(g)->size = *size_before(g + size) = (uint32_t)size;
    CHECK(mm_audit() == 2);
}

static void i3_sizes_that_differ(void)
{
    sample_heap();
    *size_before(sample.freed + free_block(sample.freed)->size) += 1;
    CHECK(mm_audit() == 3);
}

static void i3_a_size_beyond_the_heap(void)
{
    sample_heap();
    free_block(sample.freed)->size = UINT32_MAX;
    CHECK(mm_audit() == 3);
}

static void i4_a_free_block_in_no_bin(void)
{
    sample_heap();
    bin_remove(sample.freed);
    CHECK(mm_audit() == 4);
}

static void i4_a_free_block_in_the_bin_of_another_size(void)
{
    sample_heap();
    size_t size = free_block(sample.freed)->size;
    bin_remove(sample.freed);
    bin_add(sample.freed, size + 1);
    free_block(sample.freed)->size = (uint32_t)size;
    *size_before(sample.freed + size) = (uint32_t)size;
    CHECK(mm_audit() == 4);
}

static void i4_a_circle(void)
{
    sample_heap();
    free_block(sample.freed)->next = (uint32_t)sample.freed;
    free_block(sample.freed)->linked_from =
        (uint32_t)sample.freed * LINKS_PER_GRANULE;
    CHECK(mm_audit() == 4 || mm_audit() == 5);
}

static void i4_a_clean_block_before_dirty_ones(void)
{
    begin();
    void *first = mm_malloc(20000), *wall = mm_malloc(1000);
    void *second = mm_malloc(20000);

    CHECK(mm_malloc(1000) && wall);
    mm_free(first);
    mm_free(second);
    CHECK(mm_audit() == 0);
    free_block(granule_at(second))->clean = true;
    CHECK(mm_audit() == 4);
}

static void i5_a_wrong_link(void)
{
    sample_heap();
    free_block(sample.large_freed)->linked_from += 1;
    CHECK(mm_audit() == 5);
}

static void i6_no_bit_for_a_bin(void)
{
    sample_heap();
    unsigned b = bin_of(free_block(sample.freed)->size);
    heap.nonempty_bins[b / WORD_BITS] &= ~((uint64_t)1 << b % WORD_BITS);
    CHECK(mm_audit() == 6);
}

static void i6_a_bit_for_no_block(void)
{
    sample_heap();
    CHECK(*bin(LAST_BIN) == 0);
    heap.nonempty_bins[LAST_BIN / WORD_BITS] |= (uint64_t)1
                                                << LAST_BIN % WORD_BITS;
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
    heap.nonempty_caches = 0;
    CHECK(mm_audit() == 7);
}

static void i8_a_map_that_is_too_short(void)
{
    sample_heap();
    heap.map_granules = heap.end;
    CHECK(mm_audit() == 8);
}

static void i9_a_wrong_cache_budget(void)
{
    sample_heap();
    heap.cache_budget += 1;
    CHECK(mm_audit() == 9);
}

static void i9_a_wrong_count_of_free_granules(void)
{
    sample_heap();
    heap.free_granules += 1;
    CHECK(mm_audit() == 9);
}

/* A heap with a used span, a free one, and a used one, by address. */
static void sample_spans(void)
{
    begin();
    CHECK(mm_malloc(MIN_SPAN));
    void *freed = mm_malloc(2 * MIN_SPAN);
    CHECK(mm_malloc(3 * MIN_SPAN));
    mm_free(freed);
    CHECK(heap.span_count == 3 && mm_audit() == 0);
}

static void i10_a_size_that_does_not_add_up(void)
{
    sample_spans();
    heap.spans[0].bytes -= 4096;
    CHECK(mm_audit() == 10);
}

static void i10_a_free_span_that_is_not_counted(void)
{
    sample_spans();
    heap.free_span_bytes -= 4096;
    CHECK(mm_audit() == 10);
}

static void i10_spans_that_overlap(void)
{
    sample_spans();
    heap.spans[1].start -= 4096;
    CHECK(mm_audit() == 10);
}

static void i10_free_neighbours(void)
{
    sample_spans();
    heap.spans[0].used = false;
    heap.free_span_bytes += heap.spans[0].bytes;
    CHECK(mm_audit() == 10);
}

static void i10_a_footprint_above_the_mark(void)
{
    sample_spans();
    heap.high_water -= 4096;
    CHECK(mm_audit() == 10);
}

static bool all_zero(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

/* ---- Spans. ---- */

static void a_freed_span_is_used_again(void)
{
    sample_spans();
    size_t before = footprint();
    void *freed = heap.spans[1].start;
    CHECK(mm_malloc(MIN_SPAN + 4096) == freed);
    CHECK(heap.free_span_bytes == MIN_SPAN - 4096 && footprint() == before);
    CHECK(mm_audit() == 0);
}

/* At the mark a free span that is too small grows by what it lacks. */
static void the_footprint_stays_at_its_mark(void)
{
    sample_spans();
    size_t before = heap.high_water;
    void *block = mm_malloc(2 * MIN_SPAN + 4096);
    CHECK(block && heap.free_span_bytes == 0);
    CHECK(heap.high_water == before + 4096 && mm_audit() == 0);
    mm_free(block);
    while (heap.free_span_bytes > MIN_SPAN)
        CHECK(mm_malloc(5000)); /* the heap grows, the spans give way */
    CHECK(heap.high_water <= before + 3 * 4096 && mm_audit() == 0);
}

static void a_span_is_resized(void)
{
    begin();
    unsigned char *block = mm_malloc(2 * MIN_SPAN);
    memset(block, 5, 2 * MIN_SPAN);
    CHECK(mm_realloc(block, MIN_SPAN) == block); /* its end becomes free, */
    CHECK(heap.free_span_bytes == MIN_SPAN && mm_audit() == 0);
    CHECK(mm_realloc(block, 2 * MIN_SPAN) == block); /* and its own again */
    unsigned char *moved = mm_realloc(block, 5 * MIN_SPAN);
    CHECK(moved && moved[0] == 5 && moved[2 * MIN_SPAN - 1] == 5);
    CHECK(heap.high_water < 6 * MIN_SPAN); /* not the sum of both */
    CHECK(mm_usable_size(moved) == 5 * MIN_SPAN && mm_audit() == 0);
    unsigned char *small = mm_realloc(moved, 100);
    CHECK(small[99] == 5 && granule_at(small) < heap.top_chunk);
    CHECK(heap.free_span_bytes == heap.span_bytes && mm_audit() == 0);
}

/* The table grows while a span is resized, and the heap with it: then a free
 * span before that one is unmapped. */
static void a_span_is_resized_while_the_table_grows(void)
{
    begin();
    char *last = mm_malloc(4 * MIN_SPAN), *first = mm_malloc(2 * MIN_SPAN);
    for (int i = 0; i < 4; i++)
        CHECK(mm_malloc(MIN_SPAN));
    while (top_chunk_size() > CACHES)
        CHECK(mm_malloc(top_chunk_size() * GRANULE));
    CHECK(mm_realloc(first, 2 * MIN_SPAN - 4096) == first);
    CHECK(heap.span_count + 1 == heap.span_capacity);
    CHECK(heap.free_span_bytes == 4096 && mm_audit() == 0);
    CHECK(mm_realloc(last, 2 * MIN_SPAN) == last);
    CHECK(mm_usable_size(last) == 2 * MIN_SPAN && mm_audit() == 0);
    CHECK(heap.free_span_bytes == 2 * MIN_SPAN);
}

static void calloc_clears_what_was_used(void)
{
    begin();
    void *block = mm_malloc(2 * MIN_SPAN);
    memset(block, 1, 2 * MIN_SPAN);
    mm_free(block);
    CHECK(all_zero(mm_calloc(1, MIN_SPAN), MIN_SPAN));
    CHECK(all_zero(mm_calloc(1, 3 * MIN_SPAN), 3 * MIN_SPAN));
    CHECK(mm_audit() == 0);
}

static void large_blocks_are_aligned(void)
{
    begin();
    CHECK(mm_malloc(MIN_SPAN));
    for (size_t align = 32; align <= 1 << 20; align *= 2) {
        void *block = mm_memalign(align, 2 * MIN_SPAN);
        CHECK(block && (uintptr_t)block % align == 0 && mm_audit() == 0);
    }
}

/* Where memlib refuses, free spans are given up first. */
static void free_spans_give_way_to_a_refusal(void)
{
    begin();
    void *block = mm_malloc(SPACE / 2), *wall = mm_malloc(MIN_SPAN);
    CHECK(block && wall);
    mm_free(wall);
    mm_free(block);
    CHECK(mm_malloc(SPACE / 4 * 3) && mm_audit() == 0);
}

/* ---- Cases that no trace has. ---- */

/* Neighbours of 4 GiB may merge: a free block may be as large as the heap. */
static void every_free_block_has_a_bin(void)
{
    for (size_t size = 1; size <= MAX_HEAP; size += size / 5 + 1)
        CHECK(bin_of(size) < BINS);
    CHECK(bin_of(MAX_HEAP) == LAST_BIN);
    CHECK(bin_of(((size_t)EXACT_BINS << DOUBLINGS) - 1) == LAST_BIN);
    CHECK(bin_of((size_t)EXACT_BINS << (DOUBLINGS - 1)) ==
          LAST_BIN - BINS_PER_DOUBLING + 1);
}

/* The last bin has blocks of many sizes: a search compares all of them. */
static void the_last_bin_is_searched_to_its_end(void)
{
    enum { PART = MIN_SPAN / 2, COUNT = MAX_PROBES + 2 };
    size_t least = ((size_t)EXACT_BINS << DOUBLINGS) * GRANULE;
    size_t parts = least / PART + 1;
    static void *part[COUNT + 1][SPACE / PART];

    begin();
    for (size_t i = 0; i <= COUNT; i++) { /* the first two are neighbours */
        for (size_t k = 0; k < parts; k++)
            CHECK((part[i][k] = mm_malloc(PART)) != NULL);
        CHECK(i == 0 || mm_malloc(1000));
    }
    for (size_t i = 0; i <= COUNT; i++)
        for (size_t k = 0; k < parts; k++)
            mm_free(part[i][k]);
    CHECK(find_fit((least + least / 2) / GRANULE) == granule_at(part[0][0]));
    CHECK(mm_audit() == 0);
}

/* A map that leaves the heap has marks for the place that it vacates. */
static void the_map_covers_what_it_vacates(void)
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

/* Make a heap whose map leaves it when the next block of some pages comes. */
static void heap_before_the_map_leaves_it(void)
{
    begin();
    while (map_bytes_for(heap.end + 256) <= MAX_MAP_IN_HEAP)
        CHECK(mm_malloc(100));
}

/* The place that the map vacates is not zero, even if the break stays. */
static void calloc_clears_where_the_map_was(void)
{
    heap_before_the_map_leaves_it();
    break_is_refused = true;
    CHECK(!mm_malloc(60000));
    CHECK(heap.map_has_pages && mm_audit() == 0);
    CHECK(mm_malloc((top_chunk_size() - 40) * GRANULE));
    CHECK(all_zero(mm_calloc(1, 600), 600));
}

/* Where no pages adjoin the map, it moves with all its marks. */
static void a_map_that_cannot_grow_in_place_moves(void)
{
    heap_before_the_map_leaves_it();
    CHECK(mm_malloc(60000) && heap.map_has_pages);
    const uint64_t *before = heap.map_end;
    mappings_have_gaps = true;
    while (heap.map_end == before)
        CHECK(mm_malloc(1000));
    CHECK(heap.map_end < before && mm_audit() == 0);
}

static void a_refusal_gives_the_map_back(void)
{
    heap_before_the_map_leaves_it();
    CHECK(mm_malloc(60000));
    size_t before = space_mapped;
    break_is_refused = true;
    CHECK(!mm_malloc(60000));
    CHECK(space_mapped == before && mm_audit() == 0);
}

/* Where the break is refused, the place that the map vacates may be enough. */
static void a_refusal_does_no_harm_where_the_map_vacates_enough(void)
{
    heap_before_the_map_leaves_it();
    while (mm_malloc(top_chunk_size() * GRANULE))
        continue;
    size_t size = top_chunk_size() * GRANULE + map_bytes();
    break_is_refused = true;
    CHECK(mm_malloc(size));
    CHECK(mm_audit() == 0);
}

static void sizes_beyond_all_are_refused(void)
{
    begin();
    CHECK(mm_malloc(MIN_SPAN));
    size_t before = space_break;
    for (size_t less = 16; less < 1 << 20; less += less / 2)
        CHECK(!mm_malloc(MAX_PAYLOAD - less));
    CHECK(!mm_memalign(MAX_PAYLOAD / 2 + GRANULE / 2, SPACE));
    CHECK(space_break == before && mm_audit() == 0);
}

/* Marks of neighbours may lie where a larger block would record its size. */
static void no_size_is_read_in_neighbours_marks(void)
{
    begin();
    size_t size = MARKS_PER_WORD + 1;
    void *block = mm_malloc(size * GRANULE);
    while (granule_at(block) % MARKS_PER_WORD != MARKS_PER_WORD - 1)
        block = mm_malloc(size * GRANULE);
    uint64_t *word = size_word(granule_at(block)), was = *word;
    *word = (was & ~(uint64_t)((1 << SIZE_TAG_BITS) - 1)) | SIZE_TAG;
    CHECK(block_size(granule_at(block)) == size);
    *word = was;
}

/* ---- Purges. ---- */

/*
 * Most blocks of a large heap are freed, so that it is purged. Blocks that stay
 * in use keep their contents, and the heap is sound.
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
    CHECK(heap.purge_threshold < PURGE_BASE);
}

/* Discarded memory is undefined: mm_calloc has to clear it. */
static void calloc_clears_what_was_discarded(void)
{
    enum { BLOCKS = 3000, SIZE = 5000 };
    static void *block[BLOCKS];

    begin();
    for (size_t i = 0; i < BLOCKS; i++)
        block[i] = mm_malloc(SIZE);
    mm_free(mm_malloc((top_chunk_size() + 300) * GRANULE));
    CHECK(heap.never_used_from + 100 < heap.end);
    for (size_t i = 0; i < BLOCKS; i++)
        mm_free(block[i]);
    CHECK(heap.purge_threshold < PURGE_BASE);
    CHECK(mm_malloc((top_chunk_size() - 100) * GRANULE));
    CHECK(all_zero(mm_calloc(1, 1600), 1600));
}

static const struct test tests[] = {
    {"i1-a-mark-inside-a-block", i1_a_mark_inside_a_block},
    {"i1-no-mark-at-the-end-of-a-free-block",
     i1_no_mark_at_the_end_of_a_free_block},
    {"i1-no-sentinel", i1_no_sentinel},
    {"i1-a-wrong-size-of-a-large-block", i1_a_wrong_size_of_a_large_block},
    {"i2-free-neighbours", i2_free_neighbours},
    {"i3-sizes-that-differ", i3_sizes_that_differ},
    {"i3-a-size-beyond-the-heap", i3_a_size_beyond_the_heap},
    {"i4-a-free-block-in-no-bin", i4_a_free_block_in_no_bin},
    {"i4-a-free-block-in-the-bin-of-another-size",
     i4_a_free_block_in_the_bin_of_another_size},
    {"i4-a-circle", i4_a_circle},
    {"i4-a-clean-block-before-dirty-ones", i4_a_clean_block_before_dirty_ones},
    {"i5-a-wrong-link", i5_a_wrong_link},
    {"i6-no-bit-for-a-bin", i6_no_bit_for_a_bin},
    {"i6-a-bit-for-no-block", i6_a_bit_for_no_block},
    {"i7-a-cached-block-in-no-cache", i7_a_cached_block_in_no_cache},
    {"i7-a-used-block-in-a-cache", i7_a_used_block_in_a_cache},
    {"i7-no-bit-for-a-cache", i7_no_bit_for_a_cache},
    {"i8-a-map-that-is-too-short", i8_a_map_that_is_too_short},
    {"i9-a-wrong-cache-budget", i9_a_wrong_cache_budget},
    {"i9-a-wrong-count-of-free-granules", i9_a_wrong_count_of_free_granules},
    {"i10-a-size-that-does-not-add-up", i10_a_size_that_does_not_add_up},
    {"i10-a-free-span-that-is-not-counted",
     i10_a_free_span_that_is_not_counted},
    {"i10-spans-that-overlap", i10_spans_that_overlap},
    {"i10-free-neighbours", i10_free_neighbours},
    {"i10-a-footprint-above-the-mark", i10_a_footprint_above_the_mark},
    {"a-freed-span-is-used-again", a_freed_span_is_used_again},
    {"the-footprint-stays-at-its-mark", the_footprint_stays_at_its_mark},
    {"a-span-is-resized", a_span_is_resized},
    {"a-span-is-resized-while-the-table-grows",
     a_span_is_resized_while_the_table_grows},
    {"calloc-clears-what-was-used", calloc_clears_what_was_used},
    {"large-blocks-are-aligned", large_blocks_are_aligned},
    {"free-spans-give-way-to-a-refusal", free_spans_give_way_to_a_refusal},
    {"every-free-block-has-a-bin", every_free_block_has_a_bin},
    {"the-last-bin-is-searched-to-its-end",
     the_last_bin_is_searched_to_its_end},
    {"the-map-covers-what-it-vacates", the_map_covers_what_it_vacates},
    {"calloc-clears-where-the-map-was", calloc_clears_where_the_map_was},
    {"a-map-that-cannot-grow-in-place-moves",
     a_map_that_cannot_grow_in_place_moves},
    {"a-refusal-gives-the-map-back", a_refusal_gives_the_map_back},
    {"a-refusal-does-no-harm-where-the-map-vacates-enough",
     a_refusal_does_no_harm_where_the_map_vacates_enough},
    {"sizes-beyond-all-are-refused", sizes_beyond_all_are_refused},
    {"no-size-is-read-in-neighbours-marks",
     no_size_is_read_in_neighbours_marks},
    {"nothing-in-use-is-discarded", nothing_in_use_is_discarded},
    {"calloc-clears-what-was-discarded", calloc_clears_what_was_discarded},
};

#endif

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
