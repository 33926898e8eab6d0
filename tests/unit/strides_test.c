/*
 * strides_test.c - the metadata of blocks, inferred from their addresses.
 *
 * The heaps are invented: a list of live blocks at the peak, and others at
 * further segment peaks of the trace.
 */
#include "../check.h"

#include "measure/strides.h"

enum { ALIGN = 16, SLOTS = 64 };

static struct live live[SLOTS];
static uint32_t block_count;
static uint64_t placed;

static struct trace trace = {.slot_count = SLOTS,
                             .segment_peak = {10, 20, 30},
                             .segment_count = 3,
                             .peak_op = 20};

static void clear_blocks(void)
{
    memset(live, 0, sizeof live);
    block_count = 0;
}

static void add_block(uint64_t address, uint64_t size)
{
    live[block_count++] = (struct live){
        .address = address, .size = size, .placed = ++placed, .in_use = true};
}

/* Add blocks of one size, each `stride` bytes from the next. */
static void add_row(uint64_t address, uint64_t size, uint64_t stride,
                    unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        add_block(address + i * stride, size);
}

static uint64_t overhead(struct strides *s)
{
    bool known;
    uint64_t bytes = strides_overhead(s, &known);

    CHECK(known || bytes == 0);
    return known ? bytes : UINT64_MAX;
}

static uint64_t overhead_at_peak(void)
{
    struct strides *s = strides_new(&trace, ALIGN);

    strides_follow(s, live, 20);
    uint64_t bytes = overhead(s);
    strides_delete(s);
    return bytes;
}

static void a_row_shows_its_headers(void)
{
    clear_blocks();
    add_row(4096, 100, 128, 10); /* 112 rounded, and 16 */
    CHECK(overhead_at_peak() == 10 * 16);
}

static void no_overhead_without_headers(void)
{
    clear_blocks();
    add_row(4096, 100, 112, 10);
    CHECK(overhead_at_peak() == 0);
}

static void size_classes_are_overhead(void)
{
    clear_blocks();
    add_row(0, 33, 64, 4);       /* 48 rounded, in 64 */
    add_row(4 * 64, 70, 128, 4); /* 80, in 128 */
    CHECK(overhead_at_peak() == 4 * 16 + 4 * 48);
}

static void holes_are_no_overhead(void)
{
    clear_blocks();
    add_row(0, 32, 48, 3);
    add_row(1000 * 16, 32, 480, 3); /* with holes */
    CHECK(overhead_at_peak() == 6 * 16);
}

/* The only block of its size has a hole behind it: others tell its overhead. */
static void one_block_of_its_size_has_the_least_overhead(void)
{
    clear_blocks();
    add_row(0, 32, 48, 3);
    add_block(144, 1000);
    add_block(144 + 2000, 32);
    add_row(4096, 200, 256, 4);
    CHECK(overhead_at_peak() == 5 * 16 + 4 * 48);
}

/* A small block takes no more than a large one: the large stride is a bound. */
static void a_larger_block_s_stride_bounds(void)
{
    clear_blocks();
    add_row(0, 64, 800, 3);
    add_row(3200, 96, 112, 3);
    CHECK(overhead_at_peak() == 3 * (112 - 64) + 3 * 16);
}

/* The stride of the block itself is less than what other blocks suggest. */
static void its_own_stride_bounds(void)
{
    clear_blocks();
    add_block(0, 64);
    add_block(80, 32);
    add_row(1600, 96, 192, 3);
    CHECK(overhead_at_peak() == 16 + 96 + 3 * 96);
}

static void distant_neighbours_tell_nothing(void)
{
    clear_blocks();
    add_row(0, 64, 64 + 4096 + 16, 4);
    CHECK(overhead_at_peak() == UINT64_MAX);
    clear_blocks();
    add_row(0, 64, 64 + 4096, 4);
    CHECK(overhead_at_peak() == 4 * 4096);
}

static void blocks_of_0_bytes_do_not_count(void)
{
    clear_blocks();
    add_row(0, 32, 64, 3);
    add_row(48, 0, 64, 3);
    CHECK(overhead_at_peak() == 3 * 32);
}

/* Strides before and after the peak count for the sizes at the peak. */
static void other_segment_peaks_count(void)
{
    for (int first = 0; first <= 1; first++) {
        struct strides *s = strides_new(&trace, ALIGN);

        for (int i = 0; i < 2; i++) {
            clear_blocks();
            if (i == first)
                add_row(0, 32, 480, 4);
            else
                add_row(0, 32, 48, 4);
            strides_follow(s, live, i == first ? 20 : first ? 10 : 30);
        }
        CHECK(overhead(s) == 4 * 16);
        strides_delete(s);
    }
}

static void other_operations_do_not_count(void)
{
    struct strides *s = strides_new(&trace, ALIGN);

    clear_blocks();
    add_row(0, 32, 480, 4);
    strides_follow(s, live, 20);
    clear_blocks();
    add_row(0, 32, 48, 4);
    strides_follow(s, live, 21);
    CHECK(overhead(s) == 4 * 448);
    strides_reset(s);
    CHECK(overhead(s) == UINT64_MAX);
    strides_delete(s);
}

/* The same two neighbours at every segment peak count once. */
static void one_pair_of_neighbours_is_not_enough(void)
{
    struct strides *s = strides_new(&trace, ALIGN);

    clear_blocks();
    add_block(0, 32);
    add_block(96, 64);
    for (uint64_t op = 10; op <= 30; op += 10)
        strides_follow(s, live, op);
    CHECK(overhead(s) == UINT64_MAX);
    strides_delete(s);
}

/* A malloc may align 8 bytes to 8: the overhead is 0, not negative. */
static void strides_below_the_rounded_size(void)
{
    clear_blocks();
    add_row(0, 8, 8, 4);
    add_row(4096, 100, 128, 3);
    CHECK(overhead_at_peak() == 3 * 16);
}

static void many_sizes(void)
{
    struct strides *s = strides_new(&trace, ALIGN);
    struct trace many = {.slot_count = 2000, .peak_op = 0};
    struct live *blocks = calloc(2000, sizeof *blocks);
    uint64_t at = 0;
    bool known;

    for (unsigned i = 0; i < 2000; i++) {
        blocks[i] = (struct live){.address = at,
                                  .size = 16 * (1 + i / 2),
                                  .placed = i + 1,
                                  .in_use = true};
        at += 16 * (1 + i / 2) + 32;
    }
    strides_delete(s);
    s = strides_new(&many, ALIGN);
    strides_follow(s, blocks, 0);
    CHECK(strides_overhead(s, &known) == 2000 * 32 && known);
    strides_delete(s);
    free(blocks);
}

static const struct test tests[] = {
    {"a-row-shows-its-headers", a_row_shows_its_headers},
    {"no-overhead-without-headers", no_overhead_without_headers},
    {"size-classes-are-overhead", size_classes_are_overhead},
    {"holes-are-no-overhead", holes_are_no_overhead},
    {"one-block-of-its-size-has-the-least-overhead",
     one_block_of_its_size_has_the_least_overhead},
    {"a-larger-block-s-stride-bounds", a_larger_block_s_stride_bounds},
    {"its-own-stride-bounds", its_own_stride_bounds},
    {"distant-neighbours-tell-nothing", distant_neighbours_tell_nothing},
    {"blocks-of-0-bytes-do-not-count", blocks_of_0_bytes_do_not_count},
    {"other-segment-peaks-count", other_segment_peaks_count},
    {"other-operations-do-not-count", other_operations_do_not_count},
    {"one-pair-of-neighbours-is-not-enough",
     one_pair_of_neighbours_is_not_enough},
    {"strides-below-the-rounded-size", strides_below_the_rounded_size},
    {"many-sizes", many_sizes},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
