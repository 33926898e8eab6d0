/*
 * heap_map.c - go through the memory twice: the first pass adds up its size,
 * the second distributes live runs and gaps of granules over the cells.
 *
 *     granules   LLLL.LL......LLLLLLL..LL........     L: live
 *     cells      |       |       |       |       |
 *
 * A cell stands for the smallest power of two of bytes with which the memory
 * fits into the cells. So the map fills as the heap grows; when it is full,
 * each cell stands for twice as much.
 */
#include "heap_map.h"

#include <string.h>

enum { GRANULE = 8, MIN_CELL_BYTES = 16 };

#define MAX_UNITS ((uint64_t)1 << 36) /* units in 48 bits of address */

/* ---- The memory to show, as spans of addresses. ---- */

typedef void visit_span(struct heap_map *m, const struct oracle *o,
                        uint64_t start, uint64_t size);

static void visit_units(struct heap_map *m, const struct oracle *o,
                        const struct bitset *units, uint64_t base,
                        uint64_t count, visit_span *visit)
{
    uint64_t at = bitset_find(units, 0, count, true);

    while (at < count) {
        uint64_t end = bitset_find(units, at, count, false);

        visit(m, o, base + at * MEM_UNIT, (end - at) * MEM_UNIT);
        at = bitset_find(units, end, count, true);
    }
}

static void visit_spans(struct heap_map *m, const struct oracle *o,
                        const struct bitset *used_units, visit_span *visit)
{
    if (used_units) {
        visit_units(m, o, used_units, 0, MAX_UNITS, visit);
        return;
    }
    visit(m, o, o->base, o->brk);
    visit_units(m, o, o->mapped_units, o->base, o->limit / MEM_UNIT, visit);
}

/* ---- Live runs and gaps, into cells. ---- */

enum content { LIVE, OVERHEAD, HOLE };

static void fill_cells(struct heap_map *m, uint64_t size, enum content content)
{
    while (size > 0) {
        struct heap_cell *cell = &m->cells[m->bytes / m->cell_bytes];
        uint64_t bytes = m->cell_bytes - m->bytes % m->cell_bytes;

        bytes = bytes < size ? bytes : size;
        cell->size += bytes;
        cell->live += content == LIVE ? bytes : 0;
        cell->overhead += content == OVERHEAD ? bytes : 0;
        m->bytes += bytes;
        size -= bytes;
    }
}

static void add_gap(struct heap_map *m, uint64_t size)
{
    if (size == 0)
        return;
    fill_cells(m, size, size < MIN_HOLE ? OVERHEAD : HOLE);
    if (size < MIN_HOLE) {
        m->overhead += size;
        return;
    }
    m->hole_count++;
    m->hole_bytes += size;
    m->largest_hole = size > m->largest_hole ? size : m->largest_hole;
}

static void add_span(struct heap_map *m, const struct oracle *o, uint64_t start,
                     uint64_t size)
{
    uint64_t at = start / GRANULE, end = (start + size) / GRANULE;

    while (at < end) {
        uint64_t live = bitset_find(o->granules, at, end, true);
        uint64_t gap = bitset_find(o->granules, live, end, false);

        add_gap(m, (live - at) * GRANULE);
        fill_cells(m, (gap - live) * GRANULE, LIVE);
        m->live += (gap - live) * GRANULE;
        at = gap;
    }
}

static void add_size(struct heap_map *m, const struct oracle *o, uint64_t start,
                     uint64_t size)
{
    (void)o;
    (void)start;
    m->bytes += size;
}

void heap_map_draw(struct heap_map *m, const struct oracle *o,
                   const struct bitset *used_units)
{
    *m = (struct heap_map){.cells = m->cells, .count = m->count};
    memset(m->cells, 0, m->count * sizeof *m->cells);
    visit_spans(m, o, used_units, add_size);
    m->cell_bytes = MIN_CELL_BYTES;
    while (m->cell_bytes * m->count < m->bytes)
        m->cell_bytes *= 2;
    m->bytes = 0;
    visit_spans(m, o, used_units, add_span);
}
