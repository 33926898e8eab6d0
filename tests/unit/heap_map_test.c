/*
 * heap_map_test.c - the cells of a heap map, and the glyphs of a frame.
 */
#include "../check.h"

#include "watch/frame.h"
#include "watch/heap_map.h"

enum { PAGE = 4096, LIMIT = 64 * PAGE, SLOTS = 16, CELLS = 8 };

static const uint64_t BASE = (uint64_t)1 << 28;

static struct oracle *o;
static struct heap_cell cells[CELLS];
static struct heap_map map = {.cells = cells, .count = CELLS};

static void stop(void)
{
    oracle_delete(o);
}

static void event(enum mem_event_kind kind, uint64_t at, uint64_t size)
{
    struct mem_event e = {.kind = kind, .at = at, .size = size};
    struct finding f = {.op = NO_OP};

    CHECK(oracle_event(o, &e, 0, &f));
}

static void start(bool bounded, uint64_t bytes)
{
    struct oracle_setup setup = {.align = 16,
                                 .bounded = bounded,
                                 .base = bounded ? BASE : 0,
                                 .limit = LIMIT,
                                 .slot_count = SLOTS};

    o = oracle_new(&setup);
    atexit(stop);
    if (bounded)
        event(MEM_BRK, bytes, 0);
}

static void place(uint32_t slot, uint64_t address, uint64_t size)
{
    struct finding f = {.op = NO_OP, .other_op = NO_OP};

    CHECK(oracle_apply(o, op_make(OP_ALLOC, slot, size, 0), slot, address, &f));
}

/* 1 KiB in 8 cells of 128 bytes: blocks, a small gap, and a hole. */
static void live_runs_and_gaps_fill_cells(void)
{
    start(true, 1024);
    place(0, BASE + 16, 112);  /* a header before it, the cell's end behind */
    place(1, BASE + 128, 192); /* one cell and a half */
    place(2, BASE + 960, 64);
    heap_map_draw(&map, o, NULL);
    CHECK(map.cell_bytes == 128 && map.bytes == 1024);
    CHECK(cells[0].live == 112 && cells[0].overhead == 16);
    CHECK(cells[1].live == 128 && cells[2].live == 64);
    CHECK(cells[3].live == 0 && cells[3].size == 128);
    CHECK(cells[7].live == 64 && cells[7].overhead == 0);
    CHECK(map.hole_count == 1 && map.hole_bytes == 640 &&
          map.largest_hole == 640);
    CHECK(map.overhead == 16 && map.live == 112 + 192 + 64);
}

static void cells_double_when_the_map_is_full(void)
{
    start(true, 1024);
    event(MEM_BRK, 1040, 0);
    heap_map_draw(&map, o, NULL);
    CHECK(map.cell_bytes == 256 && map.bytes == 1040);
    CHECK(cells[4].size == 16 && cells[5].size == 0);
}

static void mappings_follow_the_heap(void)
{
    start(true, PAGE);
    event(MEM_MAP, 60 * PAGE, PAGE);
    event(MEM_MAP, 62 * PAGE, PAGE);
    place(0, BASE + 62 * PAGE, PAGE);
    heap_map_draw(&map, o, NULL);
    CHECK(map.bytes == 3 * PAGE && map.cell_bytes == 2048);
    CHECK(cells[3].live == 0 && cells[4].live == 2048);
    CHECK(cells[5].live == 2048 && cells[6].size == 0);
    CHECK(map.hole_count == 2 && map.hole_bytes == 2 * PAGE);
}

/* For a malloc of the system the map shows the units in used_units only. */
static void used_units_are_a_system_malloc_s_heap(void)
{
    struct bitset *used_units = bitset_new();
    uint64_t low = (uint64_t)0x5555 << 32, high = (uint64_t)0x7fff << 32;

    start(false, 0);
    place(0, low, PAGE);
    place(1, high + 16, 2048 - 16);
    bitset_add(used_units, low / PAGE, 1);
    bitset_add(used_units, high / PAGE, 1);
    heap_map_draw(&map, o, used_units);
    CHECK(map.bytes == 2 * PAGE && map.cell_bytes == 1024);
    CHECK(cells[3].live == 1024 && cells[4].live == 1024 - 16);
    CHECK(cells[6].live == 0 && cells[6].size == 1024);
    bitset_delete(used_units);
}

static void an_empty_heap_has_no_cells(void)
{
    start(true, 0);
    heap_map_draw(&map, o, NULL);
    CHECK(map.bytes == 0 && cells[0].size == 0 && map.hole_count == 0);
}

/* ---- Frames. ---- */

static struct frame frame;

static void frames_are_cut_at_their_edges(void)
{
    frame_clear(&frame, 1000, 1000);
    CHECK(frame.rows == FRAME_ROWS && frame.columns == FRAME_COLUMNS);
    frame_clear(&frame, 2, 10);
    frame_print(&frame, 0, 7, "%s", "abcdef");
    frame_print(&frame, 2, 0, "below");
    frame_print(&frame, 1, -2, "xyz\n");
    CHECK(strcmp(frame.glyphs[0][9].text, "c") == 0);
    CHECK(strcmp(frame.glyphs[1][0].text, "z") == 0);
    CHECK(strcmp(frame.glyphs[1][1].text, "?") == 0);
    CHECK(strcmp(frame.glyphs[1][2].text, " ") == 0);
}

static void levels_have_a_glyph_each(void)
{
    for (int unicode = 0; unicode < 2; unicode++) {
        frame.unicode = unicode;
        frame_clear(&frame, 1, LEVELS + 3);
        for (int level = -1; level <= LEVELS + 1; level++)
            frame_put_level(&frame, 0, level + 1, level, COLOUR_LIVE);
        for (int i = 2; i <= LEVELS + 1; i++)
            CHECK(strcmp(frame.glyphs[0][i].text,
                         frame.glyphs[0][i - 1].text) != 0);
        CHECK(strcmp(frame.glyphs[0][0].text, frame.glyphs[0][1].text) == 0);
        CHECK(strlen(frame.glyphs[0][LEVELS + 1].text) == (unicode ? 3 : 1));
    }
}

static const struct test tests[] = {
    {"live-runs-and-gaps-fill-cells", live_runs_and_gaps_fill_cells},
    {"cells-double-when-the-map-is-full", cells_double_when_the_map_is_full},
    {"mappings-follow-the-heap", mappings_follow_the_heap},
    {"used-units-are-a-system-malloc-s-heap",
     used_units_are_a_system_malloc_s_heap},
    {"an-empty-heap-has-no-cells", an_empty_heap_has_no_cells},
    {"frames-are-cut-at-their-edges", frames_are_cut_at_their_edges},
    {"levels-have-a-glyph-each", levels_have_a_glyph_each},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
