/*
 * blocks_test.c - the C library's blocks from an allocator with everything.
 */
#include "blocks_cases.h"

static void uses_what_the_allocator_has(void)
{
    void *zero = block_new_zero(3, 100), *aligned = block_new_aligned(512, 9);

    CHECK(fake.callocs == 1 && fake.memaligns == 1 && fake.live == 2);
    CHECK(block_size(zero) == 300);
    block_delete(zero);
    block_delete(aligned);
}

/* The size is the allocator's, less the bytes by which the block moved up. */
static void an_odd_block_is_a_little_smaller(void)
{
    fake.odd_after = 0;
    void *block = block_new(100);
    CHECK(block_size(block) == 100);
    CHECK(fake_size((char *)block - 8) == 108);
    block_delete(block);
}

static void needs_no_side_table_for_its_own_blocks(void)
{
    fake.no_mappings = true;
    check_all_kinds();
}

static void an_odd_block_without_a_side_table_is_refused(void)
{
    fake.no_mappings = true;
    fake.odd_after = 0;
    CHECK(!block_new(100));
    CHECK(!block_new_zero(1, 100));
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
    {"what-is-not-mapped-the-allocator-may-have",
     what_is_not_mapped_the_allocator_may_have},
    {"refuses-what-cannot-be", refuses_what_cannot_be},
    {"uses-what-the-allocator-has", uses_what_the_allocator_has},
    {"an-odd-block-is-a-little-smaller", an_odd_block_is_a_little_smaller},
    {"needs-no-side-table-for-its-own-blocks",
     needs_no_side_table_for_its_own_blocks},
    {"an-odd-block-without-a-side-table-is-refused",
     an_odd_block_without_a_side_table_is_refused},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
