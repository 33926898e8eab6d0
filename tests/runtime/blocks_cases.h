/*
 * blocks_cases.h - tests of blocks.h for any allocator: with the optional
 * exports (blocks_test.c) and without (blocks_bare_test.c).
 */
#ifndef BLOCKS_CASES_H
#define BLOCKS_CASES_H

#include "family.h"

#include "../../runtime/blocks.h"
#include "fake.h"

static inline void begins_as_the_allocator_says(void)
{
    CHECK(blocks_init());
    fake.init = -1;
    CHECK(!blocks_init());
    fake.init = 0;
    CHECK(blocks_init());
}

/* Make blocks of many sizes, and check alignment, size and contents. */
static inline void check_many(void *(*make)(size_t i), size_t (*size)(size_t))
{
    enum { COUNT = 200 };
    void *block[COUNT];

    for (size_t i = 0; i < COUNT; i++) {
        block[i] = make(i);
        CHECK(block[i] && at_multiple(block[i], 16));
        CHECK(block_size(block[i]) >= size(i));
        fill(block[i], block_size(block[i]), (unsigned)i);
    }
    for (size_t i = 0; i < COUNT; i++)
        CHECK(holds(block[i], block_size(block[i]), (unsigned)i));
    for (size_t i = 0; i < COUNT; i++)
        block_delete(block[i]);
    CHECK(fake.live == 0);
}

static inline size_t some_size(size_t i)
{
    return 1 + i * 13 % 300;
}

static inline void *some_block(size_t i)
{
    return block_new(some_size(i));
}

static inline void *some_aligned_block(size_t i)
{
    size_t align = (size_t)1 << i % 13;
    void *block = block_new_aligned(align, some_size(i));

    CHECK(block && at_multiple(block, align));
    return block;
}

static inline void *some_resized_block(size_t i)
{
    void *block = some_aligned_block(i);
    size_t kept =
        some_size(i) < some_size(i + 3) ? some_size(i) : some_size(i + 3);

    fill(block, some_size(i), 7);
    block = block_resize(block, some_size(i + 3));
    CHECK(block && holds(block, kept, 7));
    return block;
}

static inline size_t some_resized_size(size_t i)
{
    return some_size(i + 3);
}

static inline void *some_zero_block(size_t i)
{
    unsigned char *block = block_new_zero(1, some_size(i));

    for (size_t j = 0; j < some_size(i); j++)
        CHECK(block[j] == 0);
    return block;
}

static inline void check_all_kinds(void)
{
    check_many(some_block, some_size);
    check_many(some_aligned_block, some_size);
    check_many(some_zero_block, some_size);
    check_many(some_resized_block, some_resized_size);
}

static inline void serves_on_aligned_blocks(void)
{
    check_all_kinds();
}

static inline void serves_on_odd_blocks(void)
{
    fake.odd_after = 0;
    check_all_kinds();
}

static inline void serves_when_odd_blocks_come_later(void)
{
    for (int after = 0; after < 40; after++) {
        fake.odd_after = after;
        check_many(some_resized_block, some_resized_size);
        fake.odd_after = after;
        check_many(some_zero_block, some_size);
    }
}

/* The first block at an odd multiple of 8 may be the result of a resize. */
static inline void a_resized_block_may_be_the_first_odd_one(void)
{
    void *block = block_new(100);

    fill(block, 100, 1);
    fake.odd_after = 0;
    block = block_resize(block, 1000);
    CHECK(block && at_multiple(block, 16) && holds(block, 100, 1));
    CHECK(block_size(block) >= 1000);
    block_delete(block);
    CHECK(fake.live == 0);
}

/* If the n-th request is refused, for any n, nothing has changed. */
static inline void check_refusal(void *block, size_t size)
{
    size_t live = fake.live, had = block_size(block);

    fake.fails_in = 0;
    CHECK(!block_new(size));
    CHECK(!block_new_zero(1, size));
    CHECK(!block_new_aligned(256, size));
    CHECK(!block_resize(block, size));
    CHECK(fake.live == live);
    CHECK(block_size(block) == had && holds(block, 100, 1));
    fake.fails_in = ALWAYS;
}

static inline void a_refusal_changes_nothing(void)
{
    void *block = block_new(100), *aligned = block_new_aligned(128, 100);

    fill(block, 100, 1);
    fill(aligned, 100, 1);
    check_refusal(block, 1000);
    check_refusal(aligned, 1000);
    fake.odd_after = 0;
    block_delete(block_new(1));
    check_refusal(block, 1000);
    fill(block = block_resize(block, 200), 200, 1);
    check_refusal(block, 2000);
    check_refusal(aligned, 1000);
    block_delete(block);
    block_delete(aligned);
    CHECK(fake.live == 0);
}

/* The first block is at an odd multiple of 8 and freed, the second refused. */
static inline void a_refused_second_attempt_leaks_nothing(void)
{
    fake.odd_after = 0;
    fake.fails_in = 1;
    CHECK(!block_new(100));
    CHECK(fake.live == 0);
}

/* ---- Blocks that are mappings. ---- */

/* Neither the allocator nor a small block's free notices it. */
static inline void large_blocks_are_mappings(void)
{
    void *small = block_new(100), *page = block_new_aligned(4096, 100);
    size_t live = fake.live, mappings = fake.mappings;
    char *block = block_new_aligned(1, BLOCK_MAPPED);
    char *zero = block_new_zero(2, BLOCK_MAPPED / 2);

    CHECK(block && zero && zero[0] == 0 && zero[BLOCK_MAPPED - 1] == 0);
    CHECK(block_size(block) == BLOCK_MAPPED);
    CHECK(fake.live == live && fake.mappings >= mappings + 2);
    mappings = fake.mappings;
    block_delete(small);
    block_delete(page);
    CHECK(fake.live == 0 && fake.mappings == mappings);
    block_delete(block);
    block_delete(zero);
    CHECK(fake.mappings == mappings - 2);
}

static inline void large_alignments_are_mappings(void)
{
    void *block = block_new_aligned(BLOCK_MAPPED, 10);

    CHECK(block && at_multiple(block, BLOCK_MAPPED) && fake.live == 0);
    CHECK(block_size(block) >= 10);
    fill(block, 10, 3);
    CHECK((block = block_resize(block, 100)) && holds(block, 10, 3));
    CHECK(fake.live == 1 && !at_multiple(block, BLOCK_MAPPED));
    block_delete(block);
    CHECK(fake.live == 0);
}

/* To and fro over the bounds; in between the block stays what it is. */
static inline void blocks_become_mappings_and_blocks_again(void)
{
    static const size_t sizes[] = {BLOCK_MAPPED,     BLOCK_MAPPED + 10000,
                                   BLOCK_MAPPED - 1, BLOCK_MAPPED / 2,
                                   BLOCK_MAPPED + 1, BLOCK_MAPPED / 2 - 1};
    size_t last = sizeof sizes / sizeof *sizes - 1;
    void *block = block_new(100);

    fill(block, 100, 5);
    for (size_t i = 0; i <= last; i++) {
        CHECK((block = block_resize(block, sizes[i])) && holds(block, 100, 5));
        CHECK(block_size(block) >= sizes[i]);
        CHECK(fake.live == (i == last));
    }
    block_delete(block);
    CHECK(fake.live == 0);
}

static inline void a_refused_mapping_changes_nothing(void)
{
    void *block = block_new(100), *large = block_new_aligned(1, BLOCK_MAPPED);

    fill(block, 100, 1);
    fill(large, 100, 2);
    fake.no_mappings = true;
    fake.fails_in = 0;
    CHECK(!block_new_aligned(1, BLOCK_MAPPED) && !block_new_zero(1, 1u << 30));
    CHECK(!block_resize(block, BLOCK_MAPPED) && holds(block, 100, 1));
    CHECK(!block_resize(large, 2 * BLOCK_MAPPED) && holds(large, 100, 2));
    fake.no_mappings = false;
    fake.fails_in = ALWAYS;
    block_delete(block);
    block_delete(large);
    CHECK(fake.live == 0);
}

/* Of blocks_test alone: the side table needs mappings, too. */
static inline void what_is_not_mapped_the_allocator_may_have(void)
{
    fake.no_mappings = true;
    char *block = block_new_aligned(1, BLOCK_MAPPED);
    fake.no_mappings = false;
    CHECK(block && fake.live == 1 && block_size(block) >= BLOCK_MAPPED);
    block_delete(block);
    CHECK(fake.live == 0);
}

static inline void refuses_what_cannot_be(void)
{
    size_t half = PTRDIFF_MAX / 2 + 1;

    CHECK(!block_new_aligned(half, 1));
    CHECK(!block_new_aligned(half * 2, 1));
    CHECK(!block_new_aligned(1 << 20, PTRDIFF_MAX));
    CHECK(!block_new(PTRDIFF_MAX));
    CHECK(fake.live == 0);
}

#endif
