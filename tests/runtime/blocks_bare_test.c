/*
 * blocks_bare_test.c - the C library's blocks from an allocator with the four
 * functions of the lab and nothing else: every block is in the side table.
 */
#include "blocks_cases.h"

static void knows_sizes_exactly(void)
{
    void *block = block_new(100), *aligned = block_new_aligned(4096, 55);

    CHECK(block_size(block) == 100 && block_size(aligned) == 55);
    block = block_resize(block, 33);
    CHECK(block_size(block) == 33);
    block = block_resize(block, 333);
    CHECK(block_size(block) == 333);
    block_delete(block);
    block_delete(aligned);
    CHECK(fake.live == 0);
}

static void nothing_is_given_without_a_side_table(void)
{
    fake.no_mappings = true;
    CHECK(!block_new(100));
    CHECK(!block_new_zero(1, 100));
    CHECK(!block_new_aligned(64, 100));
    CHECK(fake.live == 0);
}

/* The side table finds each of thousands of entries. */
static void many_blocks_live_together(void)
{
    enum { COUNT = 5000 };
    static void *block[COUNT];

    for (size_t i = 0; i < COUNT; i++)
        fill(block[i] = block_new(1 + i % 99), 1 + i % 99, (unsigned)i);
    for (size_t i = 0; i < COUNT; i += 2)
        block_delete(block[i]);
    for (size_t i = 1; i < COUNT; i += 2) {
        block[i] = block_resize(block[i], 2 + i % 99);
        CHECK(block_size(block[i]) == 2 + i % 99);
        CHECK(holds(block[i], 1 + i % 99, (unsigned)i));
    }
    for (size_t i = 1; i < COUNT; i += 2)
        block_delete(block[i]);
    CHECK(fake.live == 0);
}

static const struct test tests[] = {
    {"begins-as-the-allocator-says", begins_as_the_allocator_says},
    {"serves-on-aligned-blocks", serves_on_aligned_blocks},
    {"serves-on-odd-blocks", serves_on_odd_blocks},
    {"serves-when-odd-blocks-come-later", serves_when_odd_blocks_come_later},
    {"a-resized-block-may-be-the-first-odd-one",
     a_resized_block_may_be_the_first_odd_one},
    {"a-refusal-changes-nothing", a_refusal_changes_nothing},
    {"a-refused-second-attempt-leaks-nothing",
     a_refused_second_attempt_leaks_nothing},
    {"large-blocks-are-mappings", large_blocks_are_mappings},
    {"large-alignments-are-mappings", large_alignments_are_mappings},
    {"blocks-become-mappings-and-blocks-again",
     blocks_become_mappings_and_blocks_again},
    {"a-refused-mapping-changes-nothing", a_refused_mapping_changes_nothing},
    {"refuses-what-cannot-be", refuses_what_cannot_be},
    {"knows-sizes-exactly", knows_sizes_exactly},
    {"nothing-is-given-without-a-side-table",
     nothing_is_given_without_a_side_table},
    {"many-blocks-live-together", many_blocks_live_together},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
