/*
 * mappings.h - what libraries that map large blocks promise, as tests.
 *
 * The test program defines LARGE, the smallest payload that is mapped, and
 * includes a header with MMAP_THRESHOLD.
 */
#ifndef MAPPINGS_H
#define MAPPINGS_H

#include "break.h"

enum { HEADER = 16, THRESHOLD = MMAP_THRESHOLD };

static inline bool in_mapping(const void *p)
{
    return (uintptr_t)p % page_size() == HEADER && is_there(p) &&
           ((char *)p < lo || (char *)p >= brk_now());
}

/* The payload of the mapping that a block of LARGE bytes takes. */
static inline size_t mapping_room(void)
{
    return (LARGE + HEADER + page_size() - 1) / page_size() * page_size() -
           HEADER;
}

/* Whether requests tile all of the heap from its low end to the break. */
static inline bool tiles_the_heap(void)
{
    char *brk = brk_now(), *next = lo + -(uintptr_t)lo % ALIGN + HEADER;
    size_t rest = payload_to_end(next) + HEADER;

    while (rest >= subject.min_block) {
        size_t size = least(rest, THRESHOLD - 2 * HEADER);

        if (allocate(payload(size)) != next)
            return false;
        next += size, rest -= size;
    }
    return brk_now() == brk;
}

/* What both libraries over tagged_heap.h promise, for their struct subject. */
#define MAPPINGS_SUBJECT                                                       \
    .header = HEADER, .min_block = 32, .largest = 7 * LARGE,                   \
    .heap_most = LARGE - 1, .zero_is_null = true, .keeps_errno = true,         \
    .use_up = use_up, .is_whole = tiles_the_heap

static void mapping_begins_at_the_threshold(void)
{
    CHECK(in_heap(fresh(LARGE - 1, 1)));
    CHECK(in_mapping(fresh(LARGE, 2)) && in_mapping(fresh(LARGE + 1, 3)));
    CHECK(in_heap(resize(NULL, LARGE - 1)) && in_mapping(resize(NULL, LARGE)));
    CHECK(in_mapping(allocate_zeroed(1, LARGE)));
    CHECK(in_mapping(allocate_zeroed(LARGE, 1)));
}

static void mappings_take_whole_pages_only(void)
{
    size_t before = address_space(), all = mapping_room() + HEADER;
    unsigned char *p = fresh(LARGE, 1);

    CHECK(address_space() - before == all);
    unsigned char *q = fresh(mapping_room() + 1, 2);
    CHECK(address_space() - before == 2 * all + page_size());
    release(p);
    CHECK(address_space() - before == all + page_size());
    CHECK(filled(q, mapping_room() + 1, 2));
    release(q);
    CHECK(address_space() == before && brk_now() == lo);
}

static void release_unmaps(void)
{
    unsigned char *p = fresh(5 * LARGE, 1), *q = fresh(50 * LARGE, 2);
    unsigned char *small = fresh(LARGE - 1, 3);

    release(p);
    CHECK(is_gone(p, 5 * LARGE) && filled(q, 50 * LARGE, 2));
    CHECK(!resize(q, 0) && is_gone(q, 50 * LARGE));
    release(small);
    CHECK(is_there(small) && allocate(LARGE - 1) == small);
}

static void nothing_stays_mapped(void)
{
    allocate(1), release(allocate(LARGE - 1));
    size_t before = address_space();

    for (size_t i = 0; i < 200; i++) {
        unsigned char *p = fresh(LARGE + i * 100, 1);

        p = resize(p, 2 * LARGE + i * 3000);
        p = resize(p, i % 2 ? 1 : LARGE);
        release(p);
    }
    CHECK(address_space() == before);
}

static void resize_crosses_the_threshold(void)
{
    unsigned char *p[2];

    lay_row(p, 2, LARGE - 1);
    char *brk = brk_now();
    unsigned char *map = resize(p[0], LARGE);
    CHECK(in_mapping(map) && filled(map, LARGE - 1, 0));
    fill(map, LARGE, 2);
    CHECK(resize(map, LARGE - 1) == p[0] && is_gone(map, LARGE));
    CHECK(filled(p[0], LARGE - 1, 2) && filled(p[1], LARGE - 1, 1));
    map = resize(p[1], 3 * LARGE);
    CHECK(in_mapping(map) && filled(map, LARGE - 1, 1));
    CHECK(is_free_for(LARGE - 1, p[1]) && brk_now() == brk);
    CHECK(in_heap(resize(map, 10)) && is_gone(map, 3 * LARGE));
}

static void mappings_stay_within_their_pages(void)
{
    size_t most = mapping_room();
    unsigned char *p = fresh(LARGE, 1);

    CHECK(resize(p, most) == p && filled(p, LARGE, 1));
    fill(p, most, 2);
    CHECK(resize(p, LARGE) == p && filled(p, LARGE, 2));
    unsigned char *grown = resize(p, most + 1);
    CHECK(in_mapping(grown) && filled(grown, LARGE, 2));
    CHECK(grown == p || is_gone(p, most));
    fill(grown, most + 1, 3);
    p = resize(grown, LARGE);
    CHECK(in_mapping(p) && filled(p, LARGE, 3));
    CHECK(!is_there(grown + most + 1));
    release(p);
    CHECK(is_gone(p, LARGE) && brk_now() == lo);
}

static void refused_at_first(void)
{
    shortage_begins();
    CHECK(no_memory(allocate(1)) && no_memory(allocate(LARGE)));
    CHECK(no_memory(allocate_zeroed(1, 1)));
    CHECK(no_memory(allocate_zeroed(LARGE, 2)));
    CHECK(no_memory(resize(NULL, 1)) && no_memory(resize(NULL, LARGE)));
    CHECK(brk_now() == lo);
    shortage_ends();
    CHECK(in_heap(fresh(1, 1)) && in_mapping(fresh(LARGE, 2)));
}

/* clang-format off */
#define MAPPING_TESTS                                                     \
    {"mapping-begins-at-the-threshold", mapping_begins_at_the_threshold}, \
    {"mappings-take-whole-pages-only", mappings_take_whole_pages_only},   \
    {"release-unmaps", release_unmaps},                                   \
    {"nothing-stays-mapped", nothing_stays_mapped},                       \
    {"resize-crosses-the-threshold", resize_crosses_the_threshold},       \
    {"mappings-stay-within-their-pages",                                  \
     mappings_stay_within_their_pages},                                   \
    {"refused-at-first", refused_at_first}
/* clang-format on */

#endif
