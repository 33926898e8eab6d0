/*
 * heap_map.c - walk the runs of granules, live and not, and lay them into cells.
 *
 *     granules   LLLL.LL......LLLLLLL..LL........
 *     cells      |       |       |       |       |
 *
 * The share of a cell is the least power of two with which all fits, so that
 * the picture fills as the heap grows, and halves when it is full.
 */
#include "heap_map.h"

#include <string.h>

enum { GRANULE = 8, LEAST_SHARE = 16 };

#define LAST_UNIT ((uint64_t)1 << 36) /* of 48 bits of address */

/* ---- What to draw: spans of addresses. ---- */

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
                        const struct bitset *touched, visit_span *visit)
{
    if (touched) {
        visit_units(m, o, touched, 0, LAST_UNIT, visit);
        return;
    }
    visit(m, o, o->base, o->brk);
    visit_units(m, o, o->mapped_units, o->base, o->limit / MEM_UNIT, visit);
}

/* ---- Runs into cells. ---- */

enum run { LIVE, OVERHEAD, HOLE };

static void lay(struct heap_map *m, uint64_t size, enum run run)
{
    while (size > 0) {
        struct heap_cell *cell = &m->cells[m->bytes / m->share];
        uint64_t part = m->share - m->bytes % m->share;

        part = part < size ? part : size;
        cell->size += part;
        cell->live += run == LIVE ? part : 0;
        cell->overhead += run == OVERHEAD ? part : 0;
        m->bytes += part;
        size -= part;
    }
}

static void lay_gap(struct heap_map *m, uint64_t size)
{
    if (size == 0)
        return;
    lay(m, size, size < HOLE_BYTES ? OVERHEAD : HOLE);
    if (size < HOLE_BYTES) {
        m->overhead += size;
        return;
    }
    m->holes++;
    m->free += size;
    m->largest = size > m->largest ? size : m->largest;
}

static void lay_span(struct heap_map *m, const struct oracle *o, uint64_t start,
                     uint64_t size)
{
    uint64_t at = start / GRANULE, end = (start + size) / GRANULE;

    while (at < end) {
        uint64_t live = bitset_find(o->granules, at, end, true);
        uint64_t gap = bitset_find(o->granules, live, end, false);

        lay_gap(m, (live - at) * GRANULE);
        lay(m, (gap - live) * GRANULE, LIVE);
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
                   const struct bitset *touched)
{
    *m = (struct heap_map){.cells = m->cells, .count = m->count};
    memset(m->cells, 0, m->count * sizeof *m->cells);
    visit_spans(m, o, touched, add_size);
    m->share = LEAST_SHARE;
    while (m->share * m->count < m->bytes)
        m->share *= 2;
    m->bytes = 0;
    visit_spans(m, o, touched, lay_span);
}
