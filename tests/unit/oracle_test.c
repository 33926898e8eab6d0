/*
 * oracle_test.c - which addresses the oracle accepts, and its findings on
 * others.
 *
 * Each test starts one oracle for a heap at BASE. The functions that apply an
 * operation number the operations in turn and return the verdict of each.
 */
#include "../check.h"

#include "check/oracle.h"

enum { PAGE = 4096, LIMIT = 64 * PAGE, SLOTS = 16 };

static const uint64_t BASE = (uint64_t)1 << 28;

static struct oracle *o;
static struct finding found;
static uint64_t now; /* the number of the next operation */

static struct oracle_setup usual(void)
{
    return (struct oracle_setup){.align = 16,
                                 .bounded = true,
                                 .base = BASE,
                                 .limit = LIMIT,
                                 .slot_count = SLOTS};
}

static void stop(void)
{
    oracle_delete(o);
}

static void start_as(struct oracle_setup setup)
{
    o = oracle_new(&setup);
    now = 0;
    atexit(stop);
}

/* ---- Break and mappings, by memlib's events. ---- */

static void event(enum mem_event_kind kind, uint64_t at, uint64_t size)
{
    struct mem_event e = {.kind = kind, .at = at, .size = size};

    CHECK(oracle_event(o, &e, now, &found));
}

/* Is the event refused, as one that memlib cannot have reported? */
static bool forged(enum mem_event_kind kind, uint64_t at, uint64_t size)
{
    struct mem_event e = {.kind = kind, .at = at, .size = size};

    found = finding_none();
    return !oracle_event(o, &e, now, &found) &&
           found.verdict == VERDICT_TAMPERED && found.op == now;
}

static bool settled(void)
{
    found = finding_none();
    return oracle_settle(o, now, &found);
}

static void set_break(uint64_t bytes)
{
    event(MEM_BRK, bytes, 0);
}

static void refuse(void)
{
    event(MEM_REFUSED, 0, LIMIT);
}

static void start(uint64_t bytes)
{
    start_as(usual());
    set_break(bytes);
}

/* ---- Operations; `at` is an offset from BASE. ---- */

static enum verdict apply(struct op op, uint64_t address)
{
    found = (struct finding){.op = NO_OP, .other_op = NO_OP};
    bool good = oracle_apply(o, op, now++, address, &found);

    CHECK(good == (found.verdict == VERDICT_OK));
    return found.verdict;
}

static enum verdict alloc(uint32_t slot, uint64_t size, uint64_t at)
{
    return apply(op_make(OP_ALLOC, slot, size, 0), BASE + at);
}

static enum verdict resize(uint32_t slot, uint64_t size, uint64_t at)
{
    return apply(op_make(OP_REALLOC, slot, size, 0), BASE + at);
}

static enum verdict alloc_aligned(uint32_t slot, unsigned log, uint64_t size,
                                  uint64_t at)
{
    return apply(op_make(OP_ALIGNED, slot, size, log), BASE + at);
}

static enum verdict free_slot(uint32_t slot)
{
    return apply(op_make(OP_FREE, slot, 0, 0), 0);
}

static enum verdict null_for(enum op_kind kind, uint32_t slot, uint64_t size)
{
    return apply(op_make(kind, slot, size, kind == OP_CALLOC), 0);
}

/* Was the collision found with the block of that operation? */
static bool collides_with(uint64_t op, uint64_t at, uint64_t size)
{
    return found.verdict == VERDICT_OVERLAP && found.op == now - 1 &&
           found.other_op == op && found.other_address == BASE + at &&
           found.other_size == size;
}

/* ---- Blocks beside one another. ---- */

static void places_blocks(void)
{
    start(LIMIT);
    CHECK(alloc(0, 100, 16) == VERDICT_OK);
    CHECK(alloc(1, 1, 1024) == VERDICT_OK);
    CHECK(alloc(2, 10 * PAGE, 2 * PAGE) == VERDICT_OK);
    CHECK(o->payload == 100 + 1 + 10 * PAGE);
    CHECK(free_slot(1) == VERDICT_OK);
    CHECK(o->payload == 100 + 10 * PAGE);
    CHECK(o->live[0].in_use && !o->live[1].in_use);
    CHECK(o->live[0].address == BASE + 16 && o->live[0].size == 100);
    CHECK(o->live[2].birth == 2 && o->live[2].placed == 2);
}

static void adjacent_blocks(void)
{
    start(LIMIT);
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        CHECK(alloc(slot, 32, slot * 32) == VERDICT_OK);
    for (uint32_t slot = 1; slot < SLOTS; slot += 2)
        CHECK(free_slot(slot) == VERDICT_OK);
    for (uint32_t slot = 1; slot < SLOTS; slot += 2)
        CHECK(alloc(slot, 32, slot * 32) == VERDICT_OK);
}

/* The rest of an odd size's last granule belongs to no block. */
static void adjacent_blocks_of_odd_sizes(void)
{
    start(LIMIT);
    CHECK(alloc(0, 97, 0) == VERDICT_OK);
    CHECK(alloc(1, 15, 112) == VERDICT_OK);
    CHECK(alloc(2, 1, 128) == VERDICT_OK);
    CHECK(alloc(3, 31, 144) == VERDICT_OK);
}

static void overlap_by_one_byte_above(void)
{
    start(LIMIT);
    CHECK(alloc(0, 97, 16) == VERDICT_OK); /* its last byte is at 112 */
    CHECK(alloc(1, 8, 112) == VERDICT_OVERLAP);
    CHECK(collides_with(0, 16, 97));
    CHECK(found.address == BASE + 112 && found.size == 8);
}

static void overlap_by_one_byte_below(void)
{
    start(LIMIT);
    CHECK(alloc(0, 8, 112) == VERDICT_OK);
    CHECK(alloc(1, 96, 16) == VERDICT_OK);
    CHECK(free_slot(1) == VERDICT_OK);
    CHECK(alloc(1, 97, 16) == VERDICT_OVERLAP);
    CHECK(collides_with(0, 112, 8));
}

static void overlap_of_single_bytes(void)
{
    start(LIMIT);
    CHECK(alloc(0, 1, 64) == VERDICT_OK);
    CHECK(alloc(1, 1, 64) == VERDICT_OVERLAP);
    CHECK(collides_with(0, 64, 1));
}

static void encloses_a_live_block(void)
{
    start(LIMIT);
    CHECK(alloc(0, 16, 20 * PAGE) == VERDICT_OK);
    CHECK(alloc(1, 40 * PAGE, 0) == VERDICT_OVERLAP);
    CHECK(collides_with(0, 20 * PAGE, 16));
}

static void lies_inside_a_live_block(void)
{
    start(LIMIT);
    CHECK(alloc(0, 40 * PAGE, 0) == VERDICT_OK);
    CHECK(alloc(1, 16, 20 * PAGE) == VERDICT_OVERLAP);
    CHECK(collides_with(0, 0, 40 * PAGE));
}

static void freed_memory_can_be_reused(void)
{
    start(LIMIT);
    CHECK(alloc(0, 1000, 0) == VERDICT_OK);
    CHECK(free_slot(0) == VERDICT_OK);
    CHECK(alloc(1, 500, 256) == VERDICT_OK);
    CHECK(alloc(0, 256, 0) == VERDICT_OK);
}

static void calloc_memalign_and_realloc_are_checked(void)
{
    start(LIMIT);
    CHECK(alloc(0, 100, 512) == VERDICT_OK);
    CHECK(apply(op_make(OP_CALLOC, 1, 10, 30), BASE) == VERDICT_OK);
    CHECK(o->live[1].size == 300);
    CHECK(apply(op_make(OP_CALLOC, 2, 100, 3), BASE + 400) == VERDICT_OVERLAP);
    CHECK(apply(op_make(OP_REALLOC_NULL, 3, 100, 0), BASE + 288) ==
          VERDICT_OVERLAP);
    CHECK(apply(op_make(OP_REALLOC_NULL, 4, 100, 0), BASE + 304) == VERDICT_OK);
    CHECK(alloc_aligned(5, 6, 100, 448) == VERDICT_OVERLAP);
    CHECK(alloc_aligned(6, 6, 100, 640) == VERDICT_OK);
    CHECK(apply(op_make(OP_REALLOC_FREE, 6, 0, 0), 0) == VERDICT_OK);
    CHECK(o->payload == 100 + 300 + 100);
}

/* ---- Resizing. ---- */

static void resizes_in_place(void)
{
    start(LIMIT);
    CHECK(alloc(0, 100, 0) == VERDICT_OK);
    CHECK(alloc(1, 100, 512) == VERDICT_OK);
    CHECK(resize(0, 512, 0) == VERDICT_OK);
    CHECK(o->payload == 612);
    CHECK(resize(0, 10, 0) == VERDICT_OK);
    CHECK(alloc(2, 480, 16) == VERDICT_OK);
    CHECK(o->live[0].birth == 0 && o->live[0].placed == 3);
}

static void grows_over_its_neighbour(void)
{
    start(LIMIT);
    CHECK(alloc(0, 100, 0) == VERDICT_OK);
    CHECK(alloc(1, 100, 512) == VERDICT_OK);
    CHECK(resize(0, 513, 0) == VERDICT_OVERLAP);
    CHECK(collides_with(1, 512, 100));
}

static void moves(void)
{
    start(LIMIT);
    CHECK(alloc(0, 100, 0) == VERDICT_OK);
    CHECK(resize(0, 200, 1024) == VERDICT_OK);
    CHECK(alloc(1, 100, 0) == VERDICT_OK);
    CHECK(resize(1, 100, 1200) == VERDICT_OVERLAP);
    CHECK(collides_with(1, 1024, 200)); /* the realloc placed it there */
}

/* realloc may move a block to where it overlaps its own old bytes. */
static void moves_onto_its_own_old_bytes(void)
{
    start(LIMIT);
    CHECK(alloc(0, 1000, 512) == VERDICT_OK);
    CHECK(resize(0, 1000, 496) == VERDICT_OK);
    CHECK(resize(0, 2000, 528) == VERDICT_OK);
    CHECK(alloc(1, 528, 0) == VERDICT_OK);
    CHECK(alloc(2, 1, 528 + 2000) == VERDICT_OK);
    CHECK(alloc(3, 1, 512 + 2000) == VERDICT_OVERLAP);
}

static void null_keeps_the_old_block(void)
{
    start(LIMIT);
    CHECK(alloc(0, 1000, 0) == VERDICT_OK);
    refuse();
    CHECK(null_for(OP_REALLOC, 0, 2000) == VERDICT_NO_MEMORY);
    CHECK(o->live[0].in_use && !o->live[0].refused);
    CHECK(o->payload == 1000);
    CHECK(alloc(1, 16, 512) == VERDICT_OVERLAP);
    CHECK(free_slot(0) == VERDICT_OK);
}

/* ---- Size 0, and operations without a block. ---- */

static void zero_sizes(void)
{
    start(PAGE);
    CHECK(null_for(OP_ALLOC, 0, 0) == VERDICT_OK);
    CHECK(alloc(1, 0, 16) == VERDICT_OK);
    CHECK(alloc(2, 0, 16) == VERDICT_OK);
    CHECK(alloc(3, 100, 16) == VERDICT_OK);
    CHECK(o->payload == 100);
    for (uint32_t slot = 0; slot < 4; slot++) {
        CHECK(o->live[slot].in_use);
        CHECK(free_slot(slot) == VERDICT_OK);
    }
    CHECK(o->payload == 0);
    CHECK(null_for(OP_CALLOC, 0, 0) == VERDICT_OK);
}

static void zero_sizes_can_be_resized(void)
{
    start(PAGE);
    CHECK(null_for(OP_ALLOC, 0, 0) == VERDICT_OK);
    CHECK(resize(0, 64, 0) == VERDICT_OK);
    CHECK(alloc(1, 64, 48) == VERDICT_OVERLAP);
    CHECK(apply(op_make(OP_REALLOC_FREE, 0, 0, 0), 0) == VERDICT_OK);
    CHECK(alloc(1, 64, 48) == VERDICT_OK);
}

static void free_null_and_skip_change_nothing(void)
{
    start(PAGE);
    CHECK(alloc(0, 64, 0) == VERDICT_OK);
    CHECK(apply(op_make(OP_FREE_NULL, 0, 0, 0), 0) == VERDICT_OK);
    CHECK(apply(op_make(OP_SKIP, 0, 0, 0), 0) == VERDICT_OK);
    CHECK(o->live[0].in_use && o->payload == 64);
}

/* ---- Heap and mappings. ---- */

static void blocks_end_at_the_break(void)
{
    start(1000);
    CHECK(alloc(0, 8, 992) == VERDICT_OK);
    CHECK(alloc(1, 9, 992) == VERDICT_OUT_OF_HEAP);
    CHECK(found.address == BASE + 992 && found.size == 9);
    CHECK(alloc(2, 1, 1008) == VERDICT_OUT_OF_HEAP);
    set_break(1009);
    CHECK(alloc(3, 1, 1008) == VERDICT_OK);
}

static void blocks_outside_the_heap(void)
{
    start(LIMIT);
    CHECK(alloc(0, 16, (uint64_t)0 - 16) == VERDICT_OUT_OF_HEAP);
    CHECK(alloc(1, 32, (uint64_t)0 - 16) == VERDICT_OUT_OF_HEAP);
    CHECK(alloc(2, 16, LIMIT) == VERDICT_OUT_OF_HEAP);
    CHECK(alloc(3, 32, LIMIT - 16) == VERDICT_OUT_OF_HEAP);
    CHECK(alloc(4, 16, (uint64_t)1 << 40) == VERDICT_OUT_OF_HEAP);
    CHECK(alloc(5, 16, ((uint64_t)0 - 16) - BASE) == VERDICT_OUT_OF_HEAP);
    CHECK(apply(op_make(OP_ALLOC, 6, 16, 0), 16) == VERDICT_OUT_OF_HEAP);
    CHECK(alloc(7, OP_MAX_SIZE, 0) == VERDICT_OUT_OF_HEAP);
    CHECK(alloc(8, 16, LIMIT - 16) == VERDICT_OK);
}

static void blocks_above_a_lowered_break(void)
{
    start(4 * PAGE);
    CHECK(alloc(0, 16, 3 * PAGE) == VERDICT_OK);
    CHECK(free_slot(0) == VERDICT_OK);
    set_break(2 * PAGE);
    CHECK(alloc(0, 16, 3 * PAGE) == VERDICT_OUT_OF_HEAP);
    CHECK(alloc(0, 16, PAGE) == VERDICT_OK);
}

static void blocks_in_mappings(void)
{
    start(PAGE);
    event(MEM_MAP, 40 * PAGE, 2 * PAGE);
    event(MEM_MAP, 42 * PAGE, PAGE);
    CHECK(alloc(0, 3 * PAGE, 40 * PAGE) == VERDICT_OK);
    CHECK(free_slot(0) == VERDICT_OK);
    CHECK(alloc(0, 3 * PAGE + 1, 40 * PAGE) == VERDICT_OUT_OF_HEAP);
    CHECK(alloc(1, 16, 40 * PAGE - 16) == VERDICT_OUT_OF_HEAP);
    CHECK(alloc(2, 17, 43 * PAGE - 16) == VERDICT_OUT_OF_HEAP);
    CHECK(alloc(3, 16, 43 * PAGE - 16) == VERDICT_OK);
}

static void blocks_in_unmapped_pages(void)
{
    start(PAGE);
    event(MEM_MAP, 40 * PAGE, 4 * PAGE);
    event(MEM_UNMAP, 41 * PAGE, PAGE);
    CHECK(alloc(0, PAGE, 40 * PAGE) == VERDICT_OK);
    CHECK(alloc(1, 16, 41 * PAGE) == VERDICT_OUT_OF_HEAP);
    CHECK(alloc(2, 2 * PAGE, 42 * PAGE) == VERDICT_OK);
    CHECK(free_slot(2) == VERDICT_OK);
    CHECK(alloc(2, PAGE + 32, 42 * PAGE - 32) == VERDICT_OUT_OF_HEAP);
    event(MEM_MAP, 41 * PAGE, PAGE);
    CHECK(alloc(2, 3 * PAGE, 41 * PAGE) == VERDICT_OK);
}

static void oracle_in_heap_of_ranges(void)
{
    start(1000);
    event(MEM_MAP, 40 * PAGE, PAGE);
    CHECK(oracle_in_heap(o, BASE, 1000));
    CHECK(!oracle_in_heap(o, BASE, 1001));
    CHECK(!oracle_in_heap(o, BASE - 1, 1));
    CHECK(oracle_in_heap(o, BASE + 40 * PAGE, PAGE));
    CHECK(!oracle_in_heap(o, BASE + 39 * PAGE, 2 * PAGE));
    CHECK(!oracle_in_heap(o, BASE + 40 * PAGE, PAGE + 1));
    CHECK(!oracle_in_heap(o, BASE + 40 * PAGE, (uint64_t)0 - PAGE));
}

static void footprint_is_the_peak(void)
{
    start(3 * PAGE);
    event(MEM_MAP, 40 * PAGE, 2 * PAGE);
    CHECK(o->footprint == 5 * PAGE);
    event(MEM_UNMAP, 40 * PAGE, PAGE);
    set_break(PAGE);
    CHECK(o->brk == PAGE && o->mapped == PAGE);
    set_break(3 * PAGE);
    CHECK(o->footprint == 5 * PAGE);
    event(MEM_MAP, 50 * PAGE, 2 * PAGE);
    CHECK(o->footprint == 6 * PAGE);
}

/* The worker may write anything into the account. */
static void impossible_events_change_nothing(void)
{
    start(PAGE);
    CHECK(forged(MEM_BRK, LIMIT + 1, 1));
    CHECK(forged(MEM_MAP, LIMIT, PAGE));
    CHECK(forged(MEM_MAP, (uint64_t)0 - PAGE, 2 * PAGE));
    CHECK(forged(MEM_UNMAP, 3 * PAGE, (uint64_t)0 - PAGE));
    CHECK(o->brk == PAGE && o->mapped == 0 && o->footprint == PAGE);
}

/* ---- NULL. ---- */

static void null_without_a_reason(void)
{
    start(PAGE);
    CHECK(null_for(OP_ALLOC, 0, 16) == VERDICT_NULL);
    CHECK(found.op == 0 && found.size == 16 && found.address == 0);
    CHECK(null_for(OP_CALLOC, 1, 16) == VERDICT_NULL);
    CHECK(null_for(OP_REALLOC_NULL, 2, 16) == VERDICT_NULL);
    CHECK(null_for(OP_ALIGNED, 3, 16) == VERDICT_NULL);
}

static void null_after_a_refusal(void)
{
    start(PAGE);
    refuse();
    CHECK(null_for(OP_ALLOC, 0, 16) == VERDICT_NO_MEMORY);
    CHECK(o->live[0].refused && !o->live[0].in_use);
    CHECK(o->payload == 0);
}

/* Only a refusal during the same operation is a reason for NULL. */
static void null_after_an_old_refusal(void)
{
    start(PAGE);
    refuse();
    CHECK(alloc(0, 16, 0) == VERDICT_OK);
    CHECK(null_for(OP_ALLOC, 1, 16) == VERDICT_NULL);
    CHECK(o->refusals == 1);
}

/* An allocator that knows the limit may return NULL without a request. */
static void null_for_more_than_is_left(void)
{
    start(PAGE);
    event(MEM_MAP, 40 * PAGE, PAGE);
    CHECK(null_for(OP_ALLOC, 0, LIMIT - 2 * PAGE) == VERDICT_NULL);
    CHECK(null_for(OP_ALLOC, 1, LIMIT - 2 * PAGE + 1) == VERDICT_NO_MEMORY);
    CHECK(null_for(OP_ALLOC, 2, OP_MAX_SIZE) == VERDICT_NO_MEMORY);
}

/* ---- Alignment. ---- */

static void aligned_to_16(void)
{
    start(PAGE);
    for (uint64_t at = 1; at < 16; at++) {
        CHECK(alloc(0, 1, at) == VERDICT_MISALIGNED);
        CHECK(found.expected == 16 && found.address == BASE + at);
    }
    CHECK(alloc(0, 1, 16) == VERDICT_OK);
    CHECK(resize(0, 100, 24) == VERDICT_MISALIGNED);
}

static void aligned_to_8(void)
{
    struct oracle_setup setup = usual();

    setup.align = 8;
    start_as(setup);
    set_break(PAGE);
    CHECK(alloc(0, 100, 4) == VERDICT_MISALIGNED);
    CHECK(found.expected == 8);
    CHECK(alloc(0, 97, 8) == VERDICT_OK);
    CHECK(alloc(1, 8, 112) == VERDICT_OK);
    CHECK(alloc(2, 8, 104) == VERDICT_OVERLAP);
}

static void aligned_as_requested(void)
{
    start(LIMIT);
    CHECK(alloc_aligned(0, 6, 10, 64) == VERDICT_OK);
    CHECK(alloc_aligned(1, 6, 10, 96) == VERDICT_MISALIGNED);
    CHECK(found.expected == 64);
    CHECK(alloc_aligned(2, 12, 10, 2048) == VERDICT_MISALIGNED);
    CHECK(found.expected == PAGE);
    CHECK(alloc_aligned(3, 12, 10, 2 * PAGE) == VERDICT_OK);
}

/* Every block has the usual alignment, even if a smaller one is requested. */
static void smaller_alignments_are_ignored(void)
{
    start(PAGE);
    CHECK(alloc_aligned(0, 0, 100, 8) == VERDICT_MISALIGNED);
    CHECK(alloc_aligned(0, 3, 100, 8) == VERDICT_MISALIGNED);
    CHECK(found.expected == 16);
    CHECK(alloc_aligned(0, 3, 100, 16) == VERDICT_OK);
}

/* ---- Unbounded, for mallocs of the system: blocks lie anywhere. ---- */

static void start_unbounded(void)
{
    struct oracle_setup setup = usual();

    setup.bounded = false;
    start_as(setup);
}

static void unbounded_blocks_lie_anywhere(void)
{
    const uint64_t far = (uint64_t)0x7f0000000000;

    start_unbounded();
    CHECK(apply(op_make(OP_ALLOC, 0, 100, 0), far) == VERDICT_OK);
    CHECK(apply(op_make(OP_ALLOC, 1, 100, 0), 4096) == VERDICT_OK);
    CHECK(apply(op_make(OP_ALLOC, 2, 100, 0), far + 112) == VERDICT_OK);
    CHECK(apply(op_make(OP_ALLOC, 3, 100, 0), far + 96) == VERDICT_OVERLAP);
    CHECK(found.other_address == far && found.other_op == 0);
    CHECK(null_for(OP_ALLOC, 4, 100) == VERDICT_NO_MEMORY);
}

static void unbounded_alignment(void)
{
    start_unbounded();
    CHECK(alloc(0, 100, 8) == VERDICT_MISALIGNED);
    CHECK(alloc(0, 16, 8) == VERDICT_MISALIGNED);
    CHECK(alloc(0, 15, 8) == VERDICT_OK); /* too small to need more */
    CHECK(alloc(1, 8, 24) == VERDICT_OK);
    CHECK(alloc(2, 8, 28) == VERDICT_MISALIGNED);
    CHECK(alloc_aligned(2, 6, 8, 96) == VERDICT_MISALIGNED);
}

/* ---- Lenient: events and operations of a batch have no known order. ---- */

static void start_lenient(uint64_t bytes)
{
    struct oracle_setup setup = usual();

    setup.lenient = true;
    start_as(setup);
    set_break(bytes);
}

static void lenient_accepts_former_heap(void)
{
    start_lenient(4 * PAGE);
    event(MEM_MAP, 40 * PAGE, PAGE);
    set_break(PAGE);
    event(MEM_UNMAP, 40 * PAGE, PAGE);
    CHECK(alloc(0, 16, 3 * PAGE) == VERDICT_OK);
    CHECK(alloc(1, 16, 40 * PAGE) == VERDICT_OK);
    CHECK(alloc(2, 16, 4 * PAGE) == VERDICT_OUT_OF_HEAP);
    CHECK(alloc(3, 16, 41 * PAGE) == VERDICT_OUT_OF_HEAP);
}

/* The batch has ended: what was given back in it holds no new block. */
static void lenient_settles(void)
{
    start_lenient(4 * PAGE);
    event(MEM_MAP, 40 * PAGE, PAGE);
    set_break(PAGE);
    event(MEM_UNMAP, 40 * PAGE, PAGE);
    CHECK(settled());
    CHECK(alloc(0, 16, 3 * PAGE) == VERDICT_OUT_OF_HEAP);
    CHECK(alloc(1, 16, 40 * PAGE) == VERDICT_OUT_OF_HEAP);
    CHECK(alloc(2, 16, 0) == VERDICT_OK);
}

/* ---- Events that memlib never reports. ---- */

static void mappings_are_of_free_pages(void)
{
    start(4 * PAGE);
    event(MEM_MAP, 40 * PAGE, 2 * PAGE);
    CHECK(forged(MEM_MAP, 41 * PAGE, PAGE));
    CHECK(forged(MEM_MAP, 3 * PAGE, PAGE));
    CHECK(forged(MEM_MAP, 50 * PAGE + 16, PAGE));
    CHECK(forged(MEM_MAP, 50 * PAGE, PAGE - 16));
    CHECK(forged(MEM_MAP, 50 * PAGE, 0));
    CHECK(forged(MEM_MAP, LIMIT, PAGE));
    CHECK(forged(MEM_MAP, 50 * PAGE, (uint64_t)0 - PAGE));
    CHECK(o->mapped == 2 * PAGE);
}

static void only_mappings_are_unmapped(void)
{
    start(4 * PAGE);
    event(MEM_MAP, 40 * PAGE, 2 * PAGE);
    CHECK(forged(MEM_UNMAP, 39 * PAGE, 2 * PAGE));
    CHECK(forged(MEM_UNMAP, 41 * PAGE, 2 * PAGE));
    CHECK(forged(MEM_UNMAP, 0, PAGE));
    event(MEM_UNMAP, 41 * PAGE, PAGE);
    CHECK(forged(MEM_UNMAP, 41 * PAGE, PAGE));
}

static void the_break_stays_below_mappings(void)
{
    start(4 * PAGE);
    event(MEM_MAP, 40 * PAGE, PAGE);
    set_break(40 * PAGE);
    CHECK(forged(MEM_BRK, 40 * PAGE + 1, 1));
    CHECK(forged(MEM_BRK, LIMIT + 1, 1));
    CHECK(forged((enum mem_event_kind)9, 0, 0));
}

/* ---- Live blocks in memory that is given back. ---- */

static void live_blocks_are_not_given_back(void)
{
    start(4 * PAGE);
    CHECK(alloc(0, 16, PAGE) == VERDICT_OK);
    set_break(PAGE + 15);
    CHECK(!settled() && found.verdict == VERDICT_OUT_OF_HEAP);
    CHECK(found.address == BASE + PAGE && found.placed == 0);
    set_break(4 * PAGE);
    CHECK(settled());
}

static void live_blocks_are_not_unmapped(void)
{
    start(4 * PAGE);
    event(MEM_MAP, 40 * PAGE, 4 * PAGE);
    CHECK(alloc(0, 16, 42 * PAGE) == VERDICT_OK);
    event(MEM_UNMAP, 40 * PAGE, 2 * PAGE);
    CHECK(settled());
    event(MEM_UNMAP, 42 * PAGE, PAGE);
    CHECK(!settled() && found.verdict == VERDICT_OUT_OF_HEAP);
}

/* Memory that is taken again within the operation is as good as kept. */
static void given_back_and_taken_again(void)
{
    start(4 * PAGE);
    event(MEM_MAP, 40 * PAGE, PAGE);
    CHECK(alloc(0, 16, 40 * PAGE) == VERDICT_OK);
    event(MEM_UNMAP, 40 * PAGE, PAGE);
    event(MEM_MAP, 40 * PAGE, PAGE);
    CHECK(settled());
}

static void lenient_finds_overlaps(void)
{
    start_lenient(PAGE);
    CHECK(alloc(0, 97, 16) == VERDICT_OK);
    CHECK(alloc(1, 8, 112) == VERDICT_OVERLAP);
    CHECK(alloc(1, 8, 120) == VERDICT_MISALIGNED);
}

static void lenient_accepts_null_after_any_refusal(void)
{
    start_lenient(PAGE);
    CHECK(null_for(OP_ALLOC, 0, 16) == VERDICT_NULL);
    refuse();
    CHECK(alloc(1, 16, 0) == VERDICT_OK);
    CHECK(null_for(OP_ALLOC, 2, 16) == VERDICT_NO_MEMORY);
}

/* The order of the events among themselves is known, so the peak is too. */
static void lenient_keeps_the_footprint(void)
{
    start_lenient(PAGE);
    for (int i = 0; i < 100; i++) {
        event(MEM_MAP, 40 * PAGE, 2 * PAGE);
        event(MEM_UNMAP, 40 * PAGE, 2 * PAGE);
        set_break(4 * PAGE);
        set_break(PAGE);
    }
    CHECK(o->footprint == 4 * PAGE);
}

/* ---- Reset; queries. ---- */

static void reset_forgets_all(void)
{
    start(4 * PAGE);
    event(MEM_MAP, 40 * PAGE, PAGE);
    refuse();
    CHECK(alloc(0, 100, 0) == VERDICT_OK);
    CHECK(alloc(1, 100, 40 * PAGE) == VERDICT_OK);
    oracle_reset(o);
    CHECK(o->payload == 0 && o->footprint == 0 && o->refusals == 0);
    CHECK(!o->live[0].in_use && !o->live[1].in_use);
    CHECK(alloc(2, 16, 0) == VERDICT_OUT_OF_HEAP);
    CHECK(alloc(2, 16, 40 * PAGE) == VERDICT_OUT_OF_HEAP);
    set_break(PAGE);
    CHECK(alloc(0, 100, 16) == VERDICT_OK);
    now = 0; /* the number that the refused operation had */
    CHECK(null_for(OP_ALLOC, 3, 16) == VERDICT_NULL);
}

static const struct live *block_at(uint64_t at, const struct live **below,
                                   const struct live **above)
{
    return oracle_block_at(o, BASE + at, below, above);
}

static void finds_blocks_by_address(void)
{
    const struct live *below, *above, *slot = NULL;

    start(PAGE);
    slot = o->live;
    CHECK(!block_at(0, &below, &above) && !below && !above);
    CHECK(alloc(0, 100, 512) == VERDICT_OK);
    CHECK(alloc(1, 100, 16) == VERDICT_OK);
    CHECK(alloc(2, 100, 1024) == VERDICT_OK);
    CHECK(alloc(3, 100, 256) == VERDICT_OK);
    CHECK(block_at(512, &below, &above) == &slot[0]);
    CHECK(block_at(611, &below, &above) == &slot[0]);
    CHECK(below == &slot[3] && above == &slot[2]);
    CHECK(!block_at(612, &below, &above));
    CHECK(below == &slot[0] && above == &slot[2]);
    CHECK(!block_at(0, &below, &above) && !below && above == &slot[1]);
    CHECK(!block_at(2000, &below, &above) && below == &slot[2] && !above);
    CHECK(free_slot(0) == VERDICT_OK);
    CHECK(!block_at(512, &below, &above));
    CHECK(below == &slot[3] && above == &slot[2]);
}

static bool gaps_are(uint64_t count, uint64_t bytes, uint64_t largest)
{
    struct gaps gaps = oracle_gaps(o);

    return gaps.count == count && gaps.bytes == bytes &&
           gaps.largest == largest;
}

static void measures_gaps(void)
{
    start(0);
    CHECK(gaps_are(0, 0, 0));
    set_break(PAGE);
    CHECK(gaps_are(1, PAGE, PAGE));
    CHECK(alloc(0, 96, 16) == VERDICT_OK);
    CHECK(gaps_are(2, PAGE - 96, PAGE - 112));
    CHECK(alloc(1, 16, PAGE - 16) == VERDICT_OK);
    CHECK(gaps_are(2, PAGE - 112, PAGE - 128));
    CHECK(alloc(2, PAGE - 128, 112) == VERDICT_OK);
    CHECK(gaps_are(1, 16, 16));
    CHECK(free_slot(0) == VERDICT_OK);
    CHECK(gaps_are(1, 112, 112));
}

/* ---- A long random run against a list of intervals. ---- */

static struct model {
    uint64_t random;
    struct {
        uint64_t at, size;
    } block[SLOTS];
} model;

static uint64_t below(uint64_t bound)
{
    model.random = model.random * 6364136223846793005u + 1442695040888963407u;
    return (model.random >> 33) % bound;
}

/* Does [at, at + size) overlap a block other than that slot's own? */
static bool model_hits(uint32_t slot, uint64_t at, uint64_t size)
{
    for (uint32_t i = 0; i < SLOTS; i++)
        if (i != slot && model.block[i].size && model.block[i].at < at + size &&
            at < model.block[i].at + model.block[i].size)
            return true;
    return false;
}

static void model_place(uint32_t slot)
{
    uint64_t size = 1 + below(below(4) ? 200 : 2000), at = 16 * below(250);
    enum verdict expected = at + size > PAGE             ? VERDICT_OUT_OF_HEAP
                            : model_hits(slot, at, size) ? VERDICT_OVERLAP
                                                         : VERDICT_OK;

    CHECK((model.block[slot].size ? resize(slot, size, at)
                                  : alloc(slot, size, at)) == expected);
    model.block[slot].at = at;
    model.block[slot].size = expected == VERDICT_OK ? size : 0;
}

static void agrees_with_intervals(void)
{
    start(PAGE);
    for (int i = 0; i < 50000; i++) {
        uint32_t slot = (uint32_t)below(SLOTS);

        if (below(2)) {
            model_place(slot);
        } else if (model.block[slot].size) {
            CHECK(free_slot(slot) == VERDICT_OK);
            model.block[slot].size = 0;
        }
    }
}

static const struct test tests[] = {
    {"places-blocks", places_blocks},
    {"adjacent-blocks", adjacent_blocks},
    {"adjacent-blocks-of-odd-sizes", adjacent_blocks_of_odd_sizes},
    {"overlap-by-one-byte-above", overlap_by_one_byte_above},
    {"overlap-by-one-byte-below", overlap_by_one_byte_below},
    {"overlap-of-single-bytes", overlap_of_single_bytes},
    {"encloses-a-live-block", encloses_a_live_block},
    {"lies-inside-a-live-block", lies_inside_a_live_block},
    {"freed-memory-can-be-reused", freed_memory_can_be_reused},
    {"calloc-memalign-and-realloc-are-checked",
     calloc_memalign_and_realloc_are_checked},
    {"resizes-in-place", resizes_in_place},
    {"grows-over-its-neighbour", grows_over_its_neighbour},
    {"moves", moves},
    {"moves-onto-its-own-old-bytes", moves_onto_its_own_old_bytes},
    {"null-keeps-the-old-block", null_keeps_the_old_block},
    {"zero-sizes", zero_sizes},
    {"zero-sizes-can-be-resized", zero_sizes_can_be_resized},
    {"free-null-and-skip-change-nothing", free_null_and_skip_change_nothing},
    {"blocks-end-at-the-break", blocks_end_at_the_break},
    {"blocks-outside-the-heap", blocks_outside_the_heap},
    {"blocks-above-a-lowered-break", blocks_above_a_lowered_break},
    {"blocks-in-mappings", blocks_in_mappings},
    {"blocks-in-unmapped-pages", blocks_in_unmapped_pages},
    {"oracle-in-heap-of-ranges", oracle_in_heap_of_ranges},
    {"footprint-is-the-peak", footprint_is_the_peak},
    {"impossible-events-change-nothing", impossible_events_change_nothing},
    {"null-without-a-reason", null_without_a_reason},
    {"null-after-a-refusal", null_after_a_refusal},
    {"null-after-an-old-refusal", null_after_an_old_refusal},
    {"null-for-more-than-is-left", null_for_more_than_is_left},
    {"aligned-to-16", aligned_to_16},
    {"aligned-to-8", aligned_to_8},
    {"aligned-as-requested", aligned_as_requested},
    {"smaller-alignments-are-ignored", smaller_alignments_are_ignored},
    {"unbounded-blocks-lie-anywhere", unbounded_blocks_lie_anywhere},
    {"unbounded-alignment", unbounded_alignment},
    {"lenient-accepts-former-heap", lenient_accepts_former_heap},
    {"lenient-finds-overlaps", lenient_finds_overlaps},
    {"lenient-settles", lenient_settles},
    {"mappings-are-of-free-pages", mappings_are_of_free_pages},
    {"only-mappings-are-unmapped", only_mappings_are_unmapped},
    {"the-break-stays-below-mappings", the_break_stays_below_mappings},
    {"live-blocks-are-not-given-back", live_blocks_are_not_given_back},
    {"live-blocks-are-not-unmapped", live_blocks_are_not_unmapped},
    {"given-back-and-taken-again", given_back_and_taken_again},
    {"lenient-accepts-null-after-any-refusal",
     lenient_accepts_null_after_any_refusal},
    {"lenient-keeps-the-footprint", lenient_keeps_the_footprint},
    {"reset-forgets-all", reset_forgets_all},
    {"finds-blocks-by-address", finds_blocks_by_address},
    {"measures-gaps", measures_gaps},
    {"agrees-with-intervals", agrees_with_intervals},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
