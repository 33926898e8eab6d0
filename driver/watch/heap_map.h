/*
 * heap_map.h - the heap in so many cells: how much of each is live.
 *
 * What is drawn is the heap up to the break and then what is mapped, one after
 * the other; of a malloc of the system, the units of MEM_UNIT bytes that have
 * held a block.
 */
#ifndef HEAP_MAP_H
#define HEAP_MAP_H

#include "base/bitset.h"
#include "check/oracle.h"

#include <stddef.h>

/* A gap of less holds no block: headers and padding. */
enum { MIN_HOLE = 32 };

struct heap_cell {
    uint64_t size;     /* bytes of the heap in it; 0 behind the last */
    uint64_t live;     /* of them payload */
    uint64_t overhead; /* in gaps below HOLE_BYTES; the rest is in holes */
};

struct heap_map {
    /* Set by the caller. */
    struct heap_cell *cells;
    size_t count;

    /* Set by heap_map_draw. */
    uint64_t cell_bytes; /* bytes a cell stands for: a power of two */
    uint64_t bytes, live, overhead;
    uint64_t hole_count, hole_bytes,
        largest_hole; /* how many, all together, the largest */
};

/* touched: what to draw, by address / MEM_UNIT; NULL: the simulated heap. */
void heap_map_draw(struct heap_map *m, const struct oracle *o,
                   const struct bitset *used_units);

#endif
