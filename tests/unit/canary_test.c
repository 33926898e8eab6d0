/*
 * canary_test.c - a change of a live payload is found, and nothing else is.
 *
 * The heap is an array of this program; the oracle's base is an invented
 * address. Each test starts one canary. `apply` applies an operation to the
 * oracle and keeps it for canary_check.
 */
#include "../check.h"

#include "check/canary.h"
#include "worker/pattern.h"

enum { HEAP = 1 << 20, SLOTS = 64, OPS = 256 };

static const uint64_t BASE = (uint64_t)1 << 28;

static _Alignas(16) unsigned char heap[HEAP];
static struct oracle *oracle;
static struct canary *canary;
static struct op ops[OPS];
static uint64_t op_count, checked; /* operations applied; those checked */
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
    struct finding f = {.op = NO_OP};

    oracle = oracle_new(&setup);
    CHECK(oracle_event(oracle, &all, 0, &f));
    canary = canary_new(oracle, heap, seed);
    atexit(stop);
}

static void apply(enum op_kind kind, uint32_t slot, uint64_t size, uint64_t at)
{
    struct finding f = {.op = NO_OP};
    struct op op = op_make(kind, slot, size, kind == OP_CALLOC);
    uint64_t address = op_ends(op) ? 0 : BASE + at;

    ops[op_count] = op;
    CHECK(oracle_apply(oracle, op, op_count++, address, &f));
}

static void write_canaries(uint32_t first)
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
    apply(OP_ALLOC, slot, size, at);
}

/* Two operations at the heap's end, which touch no block of the tests. */
static void touch_another_block(void)
{
    alloc(SLOTS - 1, 16, HEAP - 16);
    apply(OP_FREE, SLOTS - 1, 0, 0);
}

/* ---- Unchanged and changed payloads. ---- */

static void unchanged_blocks_pass(void)
{
    start(1);
    for (uint32_t slot = 0; slot < 20; slot++)
        alloc(slot, 1 + slot * 50, slot * 1024);
    write_canaries(0);
    touch_another_block();
    CHECK(kept());
    CHECK(kept());
}

static void every_block_gets_a_canary(void)
{
    start(1);
    for (uint32_t slot = 0; slot < 40; slot++)
        alloc(slot, 1 + slot, slot * 64);
    write_canaries(7);
    touch_another_block();
    for (uint32_t slot = 0; slot < 40; slot++) {
        heap[slot * 64 + slot] ^= 4;
        CHECK(!kept());
        heap[slot * 64 + slot] ^= 4;
        CHECK(kept());
    }
}

static void reports_what_changed(void)
{
    start(1);
    alloc(0, 100, 0);
    alloc(1, 500, 1024);
    apply(OP_REALLOC, 1, 600, 2048);
    write_canaries(0);
    touch_another_block();
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

static void writes_payloads_only(void)
{
    start(1);
    memset(heap, 0x5a, sizeof heap);
    alloc(0, 100, 1024);
    write_canaries(0);
    for (size_t i = 0; i < HEAP; i++)
        CHECK(i - 1024 < 100 || heap[i] == 0x5a);
    touch_another_block();
    heap[1023] = heap[1124] = 0;
    CHECK(kept());
}

static void each_write_has_other_bytes(void)
{
    unsigned char before[100];

    start(1);
    alloc(0, 100, 0);
    write_canaries(0);
    memcpy(before, heap, sizeof before);
    touch_another_block();
    CHECK(kept());
    write_canaries(0);
    CHECK(memcmp(before, heap, sizeof before) != 0);
    touch_another_block();
    memcpy(heap, before, sizeof before); /* an old copy put back */
    CHECK(!kept());
}

/* ---- Blocks freed after the canaries were written. ---- */

static void freed_blocks_are_not_checked(void)
{
    start(1);
    alloc(0, 100, 0);
    alloc(1, 100, 1024);
    write_canaries(0);
    apply(OP_FREE, 0, 0, 0);
    memset(heap, 0, 100);
    CHECK(kept());
    heap[1024] ^= 1;
    CHECK(!kept());
}

static void reused_slots_are_not_checked(void)
{
    start(1);
    alloc(0, 100, 0);
    write_canaries(0);
    apply(OP_FREE, 0, 0, 0);
    alloc(0, 100, 0);
    memset(heap, 0, 100);
    CHECK(kept());
}

static void later_blocks_are_not_checked(void)
{
    start(1);
    alloc(0, 100, 0);
    write_canaries(0);
    alloc(1, 100, 1024);
    memset(heap + 1024, 7, 100);
    CHECK(kept());
}

/* ---- Blocks resized after the canaries were written. ---- */

static void a_move_with_its_contents(void)
{
    start(1);
    alloc(0, 100, 0);
    write_canaries(0);
    memcpy(heap + 1024, heap, 100);
    memset(heap, 0, 100);
    apply(OP_REALLOC, 0, 500, 1024);
    CHECK(kept());
}

static void a_move_without_its_contents(void)
{
    start(1);
    alloc(0, 100, 0);
    write_canaries(0);
    memset(heap + 1024, 0, 500);
    apply(OP_REALLOC, 0, 500, 1024);
    CHECK(!kept());
    CHECK(found.offset == 0 && found.address == BASE + 1024);
}

static void a_move_that_loses_the_last_byte(void)
{
    start(1);
    alloc(0, 100, 0);
    write_canaries(0);
    memcpy(heap + 1024, heap, 99);
    heap[1024 + 99] = (unsigned char)~heap[99];
    apply(OP_REALLOC, 0, 500, 1024);
    CHECK(!kept());
    CHECK(found.offset == 99);
}

static void growing_in_place(void)
{
    start(1);
    alloc(0, 100, 0);
    write_canaries(0);
    apply(OP_REALLOC, 0, 500, 0);
    memset(heap + 100, 7, 400);
    CHECK(kept());
    heap[99] ^= 1;
    CHECK(!kept());
}

static void shrinking(void)
{
    start(1);
    alloc(0, 100, 0);
    write_canaries(0);
    apply(OP_REALLOC, 0, 50, 0);
    memset(heap + 50, 7, 50);
    CHECK(kept());
    heap[49] ^= 1;
    CHECK(!kept());
}

/* Bytes that shrinking cut off need not have their contents again. */
static void shrinking_then_growing(void)
{
    start(1);
    alloc(0, 100, 0);
    write_canaries(0);
    apply(OP_REALLOC, 0, 50, 0);
    memset(heap + 50, 7, 50);
    apply(OP_REALLOC, 0, 100, 0);
    apply(OP_REALLOC, 0, 200, 0);
    CHECK(kept());
    heap[49] ^= 1;
    CHECK(!kept());
}

/* New canaries cover the sizes that the blocks have then. */
static void a_new_canary_after_shrinking(void)
{
    start(1);
    alloc(0, 100, 0);
    write_canaries(0);
    apply(OP_REALLOC, 0, 50, 0);
    apply(OP_REALLOC, 0, 100, 0);
    CHECK(kept());
    write_canaries(0);
    touch_another_block();
    CHECK(kept());
    heap[99] ^= 1;
    CHECK(!kept());
}

/* ---- calloc. ---- */

static void calloc_is_zero(void)
{
    start(1);
    write_canaries(0);
    memset(heap, 0, 100);
    apply(OP_CALLOC, 0, 100, 0);
    CHECK(kept());
    heap[42] = 9;
    CHECK(!kept());
    CHECK(found.verdict == VERDICT_NOT_ZEROED);
    CHECK(found.op == 0 && found.offset == 42 && found.value == 9);
}

/* After a realloc or a free the bytes of a calloc block are not known. */
static void a_resized_calloc_is_not_checked_for_zeros(void)
{
    start(1);
    write_canaries(0);
    memset(heap, 7, HEAP);
    apply(OP_CALLOC, 0, 100, 0);
    apply(OP_REALLOC, 0, 200, 1024);
    apply(OP_CALLOC, 1, 100, 2048);
    apply(OP_FREE, 1, 0, 0);
    CHECK(kept());
}

/* ---- Special sizes and seeds. ---- */

static void no_payload_to_write(void)
{
    start(1);
    write_canaries(0);
    CHECK(kept());
    alloc(0, 0, 0);
    alloc(1, 0, 16);
    write_canaries(0);
    touch_another_block();
    CHECK(kept());
}

static void large_blocks(void)
{
    start(1);
    alloc(0, HEAP / 2, 0);
    alloc(1, 100, HEAP / 2);
    write_canaries(0);
    touch_another_block();
    CHECK(kept());
    heap[100000] ^= 1;
    CHECK(!kept());
    CHECK(found.offset == 100000 && found.size == HEAP / 2);
}

/* However large the heap is, nothing of it is left out. */
static void many_large_blocks_have_one_each(void)
{
    enum { BLOCKS = 60, SIZE = 16384 };

    start(1);
    for (uint32_t slot = 0; slot < BLOCKS; slot++)
        alloc(slot, SIZE, slot * SIZE);
    for (int times = 0; times < 200; times++) {
        memset(heap, 0, sizeof heap);
        write_canaries(9);
        for (uint32_t slot = 0; slot < BLOCKS; slot++)
            CHECK(first_nonzero(heap + slot * SIZE, SIZE) < SIZE);
    }
}

static void the_seed_decides_the_bytes(void)
{
    static unsigned char before[4096];

    start(5);
    for (uint32_t slot = 0; slot < 4; slot++)
        alloc(slot, 1000, slot * 1024);
    write_canaries(2);
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

static void deleting_null(void)
{
    canary_delete(NULL);
}

static const struct test tests[] = {
    {"unchanged-blocks-pass", unchanged_blocks_pass},
    {"every-block-gets-a-canary", every_block_gets_a_canary},
    {"reports-what-changed", reports_what_changed},
    {"writes-payloads-only", writes_payloads_only},
    {"each-write-has-other-bytes", each_write_has_other_bytes},
    {"freed-blocks-are-not-checked", freed_blocks_are_not_checked},
    {"reused-slots-are-not-checked", reused_slots_are_not_checked},
    {"later-blocks-are-not-checked", later_blocks_are_not_checked},
    {"a-move-with-its-contents", a_move_with_its_contents},
    {"a-move-without-its-contents", a_move_without_its_contents},
    {"a-move-that-loses-the-last-byte", a_move_that_loses_the_last_byte},
    {"growing-in-place", growing_in_place},
    {"shrinking", shrinking},
    {"shrinking-then-growing", shrinking_then_growing},
    {"a-new-canary-after-shrinking", a_new_canary_after_shrinking},
    {"calloc-is-zero", calloc_is_zero},
    {"a-resized-calloc-is-not-checked-for-zeros",
     a_resized_calloc_is_not_checked_for_zeros},
    {"no-payload-to-write", no_payload_to_write},
    {"large-blocks", large_blocks},
    {"many-large-blocks-have-one-each", many_large_blocks_have_one_each},
    {"the-seed-decides-the-bytes", the_seed_decides_the_bytes},
    {"deleting-null", deleting_null},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
