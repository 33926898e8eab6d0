/*
 * canary_test.c - what happens to painted blocks is seen, and nothing else.
 *
 * The heap is an array of this program, the oracle's base a made-up address.
 * Each test starts one canary; `run` applies an operation to the oracle and
 * notes it for canary_check.
 */
#include "../check.h"

#include "check/canary.h"

enum { HEAP = 1 << 20, SLOTS = 64, OPS = 256 };

static const uint64_t BASE = (uint64_t)1 << 28;

static _Alignas(16) unsigned char heap[HEAP];
static struct oracle *oracle;
static struct canary *canary;
static struct op ops[OPS];
static uint64_t op_count, checked; /* operations run, and looked at */
static struct finding found;

static void stop(void)
{
    canary_delete(canary);
    oracle_delete(oracle);
}

static void start(uint64_t seed)
{
    struct oracle_setup setup = {.align = 16,
                                 .bounded = true,
                                 .base = BASE,
                                 .lenient = true,
                                 .limit = HEAP,
                                 .slot_count = SLOTS};
    struct mem_event all = {.kind = MEM_BRK, .at = HEAP};

    oracle = oracle_new(&setup);
    oracle_event(oracle, &all, 0);
    canary = canary_new(oracle, heap, seed);
    atexit(stop);
}

static void run(enum op_kind kind, uint32_t slot, uint64_t size, uint64_t at)
{
    struct finding f = {.op = NO_OP};
    struct op op = op_make(kind, slot, size, kind == OP_CALLOC);
    uint64_t address = op_ends(op) ? 0 : BASE + at;

    ops[op_count] = op;
    CHECK(oracle_apply(oracle, op, op_count++, address, &f));
}

static void paint(uint32_t first)
{
    checked = op_count;
    canary_write(canary, first);
}

static bool kept(void)
{
    found = (struct finding){.op = NO_OP};
    return canary_check(canary, ops, checked, op_count - checked, &found);
}

static void alloc(uint32_t slot, uint64_t size, uint64_t at)
{
    run(OP_ALLOC, slot, size, at);
}

/* A free slot at the heap's end, for operations that touch no other block. */
static void something_else(void)
{
    alloc(SLOTS - 1, 16, HEAP - 16);
    run(OP_FREE, SLOTS - 1, 0, 0);
}

/* ---- As they were. ---- */

static void left_alone(void)
{
    start(1);
    for (uint32_t slot = 0; slot < 20; slot++)
        alloc(slot, 1 + slot * 50, slot * 1024);
    paint(0);
    something_else();
    CHECK(kept());
    CHECK(kept());
}

static void every_block_is_painted(void)
{
    start(1);
    for (uint32_t slot = 0; slot < 40; slot++)
        alloc(slot, 1 + slot, slot * 64);
    paint(7);
    something_else();
    for (uint32_t slot = 0; slot < 40; slot++) {
        heap[slot * 64 + slot] ^= 4;
        CHECK(!kept());
        heap[slot * 64 + slot] ^= 4;
        CHECK(kept());
    }
}

static void says_what_changed(void)
{
    start(1);
    alloc(0, 100, 0);
    alloc(1, 500, 1024);
    run(OP_REALLOC, 1, 600, 2048);
    paint(0);
    something_else();
    unsigned char was = heap[2048 + 333];
    heap[2048 + 333] = (unsigned char)~was;
    CHECK(!kept());
    CHECK(found.verdict == VERDICT_DATA_LOST);
    CHECK(found.op == op_count - 1);
    CHECK(found.address == BASE + 2048 && found.size == 600);
    CHECK(found.placed == 2); /* the realloc placed it there */
    CHECK(found.offset == 333);
    CHECK(found.expected == was && found.value == (unsigned char)~was);
}

static void paints_payloads_only(void)
{
    start(1);
    memset(heap, 0x5a, sizeof heap);
    alloc(0, 100, 1024);
    paint(0);
    for (size_t i = 0; i < HEAP; i++)
        CHECK(i - 1024 < 100 || heap[i] == 0x5a);
    something_else();
    heap[1023] = heap[1124] = 0;
    CHECK(kept());
}

static void each_time_other_colours(void)
{
    unsigned char before[100];

    start(1);
    alloc(0, 100, 0);
    paint(0);
    memcpy(before, heap, sizeof before);
    something_else();
    CHECK(kept());
    paint(0);
    CHECK(memcmp(before, heap, sizeof before) != 0);
    something_else();
    memcpy(heap, before, sizeof before); /* an old copy put back */
    CHECK(!kept());
}

/* ---- Freed meanwhile. ---- */

static void freed_blocks_are_forgotten(void)
{
    start(1);
    alloc(0, 100, 0);
    alloc(1, 100, 1024);
    paint(0);
    run(OP_FREE, 0, 0, 0);
    memset(heap, 0, 100);
    CHECK(kept());
    heap[1024] ^= 1;
    CHECK(!kept());
}

static void reused_slots_are_forgotten(void)
{
    start(1);
    alloc(0, 100, 0);
    paint(0);
    run(OP_FREE, 0, 0, 0);
    alloc(0, 100, 0);
    memset(heap, 0, 100);
    CHECK(kept());
}

static void blocks_born_since_are_free(void)
{
    start(1);
    alloc(0, 100, 0);
    paint(0);
    alloc(1, 100, 1024);
    memset(heap + 1024, 7, 100);
    CHECK(kept());
}

/* ---- Resized meanwhile. ---- */

static void moved_with_its_contents(void)
{
    start(1);
    alloc(0, 100, 0);
    paint(0);
    memcpy(heap + 1024, heap, 100);
    memset(heap, 0, 100);
    run(OP_REALLOC, 0, 500, 1024);
    CHECK(kept());
}

static void moved_without_them(void)
{
    start(1);
    alloc(0, 100, 0);
    paint(0);
    memset(heap + 1024, 0, 500);
    run(OP_REALLOC, 0, 500, 1024);
    CHECK(!kept());
    CHECK(found.offset == 0 && found.address == BASE + 1024);
}

static void moved_but_for_the_last_byte(void)
{
    start(1);
    alloc(0, 100, 0);
    paint(0);
    memcpy(heap + 1024, heap, 99);
    heap[1024 + 99] = (unsigned char)~heap[99];
    run(OP_REALLOC, 0, 500, 1024);
    CHECK(!kept());
    CHECK(found.offset == 99);
}

static void grown_in_place(void)
{
    start(1);
    alloc(0, 100, 0);
    paint(0);
    run(OP_REALLOC, 0, 500, 0);
    memset(heap + 100, 7, 400);
    CHECK(kept());
    heap[99] ^= 1;
    CHECK(!kept());
}

static void shrunk(void)
{
    start(1);
    alloc(0, 100, 0);
    paint(0);
    run(OP_REALLOC, 0, 50, 0);
    memset(heap + 50, 7, 50);
    CHECK(kept());
    heap[49] ^= 1;
    CHECK(!kept());
}

/* What was cut off need not come back. */
static void shrunk_and_grown_again(void)
{
    start(1);
    alloc(0, 100, 0);
    paint(0);
    run(OP_REALLOC, 0, 50, 0);
    memset(heap + 50, 7, 50);
    run(OP_REALLOC, 0, 100, 0);
    run(OP_REALLOC, 0, 200, 0);
    CHECK(kept());
    heap[49] ^= 1;
    CHECK(!kept());
}

/* The next painting begins from the sizes of its own time. */
static void painted_again_after_shrinking(void)
{
    start(1);
    alloc(0, 100, 0);
    paint(0);
    run(OP_REALLOC, 0, 50, 0);
    run(OP_REALLOC, 0, 100, 0);
    CHECK(kept());
    paint(0);
    something_else();
    CHECK(kept());
    heap[99] ^= 1;
    CHECK(!kept());
}

/* ---- Zeros of calloc's. ---- */

static void calloc_is_zero(void)
{
    start(1);
    paint(0);
    memset(heap, 0, 100);
    run(OP_CALLOC, 0, 100, 0);
    CHECK(kept());
    heap[42] = 9;
    CHECK(!kept());
    CHECK(found.verdict == VERDICT_NOT_ZEROED);
    CHECK(found.op == 0 && found.offset == 42 && found.value == 9);
}

/* Once it was resized, or is gone, nobody knows what lies there. */
static void calloc_and_more(void)
{
    start(1);
    paint(0);
    memset(heap, 7, HEAP);
    run(OP_CALLOC, 0, 100, 0);
    run(OP_REALLOC, 0, 200, 1024);
    run(OP_CALLOC, 1, 100, 2048);
    run(OP_FREE, 1, 0, 0);
    CHECK(kept());
}

/* ---- Sizes and numbers at their ends. ---- */

static void nothing_to_paint(void)
{
    start(1);
    paint(0);
    CHECK(kept());
    alloc(0, 0, 0);
    alloc(1, 0, 16);
    paint(0);
    something_else();
    CHECK(kept());
}

static void large_blocks(void)
{
    start(1);
    alloc(0, HEAP / 2, 0);
    alloc(1, 100, HEAP / 2);
    paint(0);
    something_else();
    CHECK(kept());
    heap[100000] ^= 1;
    CHECK(!kept());
    CHECK(found.offset == 100000 && found.size == HEAP / 2);
}

static void same_seed_same_colours(void)
{
    static unsigned char before[4096];

    start(5);
    for (uint32_t slot = 0; slot < 4; slot++)
        alloc(slot, 1000, slot * 1024);
    paint(2);
    memcpy(before, heap, sizeof before);
    struct canary *same = canary_new(oracle, heap, 5);
    canary_write(same, 2);
    canary_delete(same);
    CHECK(memcmp(before, heap, sizeof before) == 0);
    struct canary *other = canary_new(oracle, heap, 6);
    canary_write(other, 2);
    canary_delete(other);
    CHECK(memcmp(before, heap, sizeof before) != 0);
}

static void nothing_to_delete(void)
{
    canary_delete(NULL);
}

static const struct test tests[] = {
    {"left-alone", left_alone},
    {"every-block-is-painted", every_block_is_painted},
    {"says-what-changed", says_what_changed},
    {"paints-payloads-only", paints_payloads_only},
    {"each-time-other-colours", each_time_other_colours},
    {"freed-blocks-are-forgotten", freed_blocks_are_forgotten},
    {"reused-slots-are-forgotten", reused_slots_are_forgotten},
    {"blocks-born-since-are-free", blocks_born_since_are_free},
    {"moved-with-its-contents", moved_with_its_contents},
    {"moved-without-them", moved_without_them},
    {"moved-but-for-the-last-byte", moved_but_for_the_last_byte},
    {"grown-in-place", grown_in_place},
    {"shrunk", shrunk},
    {"shrunk-and-grown-again", shrunk_and_grown_again},
    {"painted-again-after-shrinking", painted_again_after_shrinking},
    {"calloc-is-zero", calloc_is_zero},
    {"calloc-and-more", calloc_and_more},
    {"nothing-to-paint", nothing_to_paint},
    {"large-blocks", large_blocks},
    {"same-seed-same-colours", same_seed_same_colours},
    {"nothing-to-delete", nothing_to_delete},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
