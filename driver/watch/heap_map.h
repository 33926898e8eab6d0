/*
 * heap_map.h - the heap as a row of cells: how much of each cell is live.
 *
 * The map shows the simulated heap up to the break, then the mappings, one
 * after the other. For a malloc of the system it shows the units, MEM_UNIT
 * bytes each, that have held a block. The oracle knows payloads only. So a gap
 * between payloads counts as overhead or as a hole by its size alone.
 */
#ifndef HEAP_MAP_H
#define HEAP_MAP_H

#include "base/bitset.h"
#include "check/oracle.h"

#include <stddef.h>

/* In bytes: a smaller gap is metadata and padding; no block fits in. */
enum { MIN_HOLE = 32 };

struct heap_cell {
    uint64_t size;     /* bytes of memory in it; 0 behind the last */
    uint64_t live;     /* of these, bytes of payload */
    uint64_t overhead; /* bytes in gaps below MIN_HOLE; the rest is in holes */
};

struct heap_map {
    /* Set by the caller, which owns the cells. */
    struct heap_cell *cells;
    size_t count;

    /* Set by heap_map_draw. */
    uint64_t cell_bytes; /* bytes a cell stands for: a power of two */
    uint64_t bytes, live, overhead; /* sums of size, live and overhead */
    uint64_t hole_count;
    uint64_t hole_bytes;   /* of all holes together */
    uint64_t largest_hole; /* bytes */
};

/*
 * Fill the cells and set the sums. used_units has the units to show, as
 * address / MEM_UNIT; NULL: show the simulated heap.
 */
void heap_map_draw(struct heap_map *m, const struct oracle *o,
                   const struct bitset *used_units);

#endif
