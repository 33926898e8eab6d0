/*
 * first_fit.c - an array of the placed rectangles, sorted by address. A scan
 * finds the first gap that is large enough between those that share a moment
 * with the new rectangle.
 */
#include "first_fit.h"

#include "base/fatal.h"

#include <stdlib.h>
#include <string.h>

struct placed {
    uint64_t at, end;
    uint32_t birth, death; /* the moments [birth, death) */
};

/* The lowest aligned address that is free over the rectangle's lifetime. */
static uint64_t lowest_free_address(const struct placed *placed, uint32_t count,
                                    const struct rectangle *r)
{
    uint64_t at = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (placed[i].death <= r->begin || placed[i].birth >= r->end)
            continue;
        if (placed[i].at >= at + r->size)
            break;
        if (placed[i].end > at)
            at = rectangle_align_up(r, placed[i].end);
    }
    return at;
}

/* The index of the first placed rectangle above the address, or count. */
static uint32_t first_above(const struct placed *placed, uint32_t count,
                            uint64_t at)
{
    uint32_t low = 0;

    while (low < count) {
        uint32_t middle = low + (count - low) / 2;

        if (placed[middle].at > at)
            count = middle;
        else
            low = middle + 1;
    }
    return low;
}

void first_fit_place(const struct rectangles *r, const uint32_t *order,
                     uint64_t *at)
{
    struct placed *placed =
        check_alloc(malloc(((size_t)r->count + 1) * sizeof *placed));

    for (uint32_t count = 0; count < r->count; count++) {
        uint32_t i = order[count];
        const struct rectangle *x = &r->item[i];

        at[i] = lowest_free_address(placed, count, x);
        uint32_t place = first_above(placed, count, at[i]);
        memmove(placed + place + 1, placed + place,
                (count - place) * sizeof *placed);
        placed[place] =
            (struct placed){at[i], at[i] + x->size, x->begin, x->end};
    }
    free(placed);
}
