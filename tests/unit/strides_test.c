/*
 * strides_test.c - driver/bounds/strides.c: what blocks take, from their addresses.
 *
 * Heaps are made up: a list of blocks at the peak, which is the one segment peak, and
 * others looked at before it.
 */
#include "../check.h"

#include "measure/strides.h"

enum { ALIGN = 16, SLOTS = 64 };

static struct live live[SLOTS];
static uint32_t used;
static uint64_t placed;

static struct trace trace = {.slot_count = SLOTS,
                             .segment_peak = {10, 20, 30},
                             .segment_count = 3,
                             .peak_op = 20};

static void clear(void)
{
    memset(live, 0, sizeof live);
    used = 0;
}

static void put(uint64_t address, uint64_t size)
{
    live[used++] = (struct live){
        .address = address, .size = size, .placed = ++placed, .in_use = true};
}

/* A row of blocks of a size, each so far from the next. */
static void put_row(uint64_t address, uint64_t size, uint64_t stride,
                    unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        put(address + i * stride, size);
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

static void headers_of_a_row(void)
{
    clear();
    put_row(4096, 100, 128, 10); /* 112 rounded, and 16 */
    CHECK(overhead_at_peak() == 10 * 16);
}

static void none_without_headers(void)
{
    clear();
    put_row(4096, 100, 112, 10);
    CHECK(overhead_at_peak() == 0);
}

static void classes_are_seen(void)
{
    clear();
    put_row(0, 33, 64, 4);       /* 48 rounded, in 64 */
    put_row(4 * 64, 70, 128, 4); /* 80, in 128 */
    CHECK(overhead_at_peak() == 4 * 16 + 4 * 48);
}

static void holes_are_none(void)
{
    clear();
    put_row(0, 32, 48, 3);
    put_row(1000 * 16, 32, 480, 3); /* with holes */
    CHECK(overhead_at_peak() == 6 * 16);
}

/* One of its size, with a hole behind: it has as much as others have. */
static void once_is_as_the_least(void)
{
    clear();
    put_row(0, 32, 48, 3);
    put(144, 1000);
    put(144 + 2000, 32);
    put_row(4096, 200, 256, 4);
    CHECK(overhead_at_peak() == 5 * 16 + 4 * 48);
}

/* A small one takes no more than a large one: the large one's stride bounds. */
static void larger_ones_bound(void)
{
    clear();
    put_row(0, 64, 800, 3);
    put_row(3200, 96, 112, 3);
    CHECK(overhead_at_peak() == 3 * (112 - 64) + 3 * 16);
}

/* Its own stride is less than what it would be taken to have. */
static void own_stride_bounds(void)
{
    clear();
    put(0, 64);
    put(80, 32);
    put_row(1600, 96, 192, 3);
    CHECK(overhead_at_peak() == 16 + 96 + 3 * 96);
}

static void far_off_is_nothing(void)
{
    clear();
    put_row(0, 64, 64 + 4096 + 16, 4);
    CHECK(overhead_at_peak() == UINT64_MAX);
    clear();
    put_row(0, 64, 64 + 4096, 4);
    CHECK(overhead_at_peak() == 4 * 4096);
}

static void no_bytes_are_no_block(void)
{
    clear();
    put_row(0, 32, 64, 3);
    put_row(48, 0, 64, 3);
    CHECK(overhead_at_peak() == 3 * 32);
}

/* What was seen before the peak, and after it, tells of sizes at the peak. */
static void other_crests_tell(void)
{
    for (int first = 0; first <= 1; first++) {
        struct strides *s = strides_new(&trace, ALIGN);

        for (int i = 0; i < 2; i++) {
            clear();
            if (i == first)
                put_row(0, 32, 480, 4);
            else
                put_row(0, 32, 48, 4);
            strides_follow(s, live, i == first ? 20 : first ? 10 : 30);
        }
        CHECK(overhead(s) == 4 * 16);
        strides_delete(s);
    }
}

static void elsewhere_nobody_looks(void)
{
    struct strides *s = strides_new(&trace, ALIGN);

    clear();
    put_row(0, 32, 480, 4);
    strides_follow(s, live, 20);
    clear();
    put_row(0, 32, 48, 4);
    strides_follow(s, live, 21);
    CHECK(overhead(s) == 4 * 448);
    strides_reset(s);
    CHECK(overhead(s) == UINT64_MAX);
    strides_delete(s);
}

/* The same two neighbours at every segment peak are one witness. */
static void one_witness_is_one(void)
{
    struct strides *s = strides_new(&trace, ALIGN);

    clear();
    put(0, 32);
    put(96, 64);
    for (uint64_t op = 10; op <= 30; op += 10)
        strides_follow(s, live, op);
    CHECK(overhead(s) == UINT64_MAX);
    strides_delete(s);
}

/* As a malloc may that aligns 8 bytes to 8: nothing, not less than nothing. */
static void closer_than_rounded(void)
{
    clear();
    put_row(0, 8, 8, 4);
    put_row(4096, 100, 128, 3);
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
    {"headers-of-a-row", headers_of_a_row},
    {"none-without-headers", none_without_headers},
    {"classes-are-seen", classes_are_seen},
    {"holes-are-none", holes_are_none},
    {"once-is-as-the-least", once_is_as_the_least},
    {"larger-ones-bound", larger_ones_bound},
    {"own-stride-bounds", own_stride_bounds},
    {"far-off-is-nothing", far_off_is_nothing},
    {"no-bytes-are-no-block", no_bytes_are_no_block},
    {"other-crests-tell", other_crests_tell},
    {"elsewhere-nobody-looks", elsewhere_nobody_looks},
    {"one-witness-is-one", one_witness_is_one},
    {"closer-than-rounded", closer_than_rounded},
    {"many-sizes", many_sizes},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
