/*
 * first_fit.c - what is placed, as a row in the order of its addresses: the
 * first gap that is large enough, among those that share its time.
 */
#include "first_fit.h"

#include "base/fatal.h"

#include <stdlib.h>
#include <string.h>

struct placed {
    uint64_t at, end;
    uint32_t birth, death; /* the moments [birth, death) */
};

static uint64_t lowest_gap(const struct placed *row, uint32_t count,
                           const struct rectangle *r)
{
    uint64_t at = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (row[i].death <= r->begin || row[i].birth >= r->end)
            continue;
        if (row[i].at >= at + r->size)
            break;
        if (row[i].end > at)
            at = rectangle_lowest(r, row[i].end);
    }
    return at;
}

static uint32_t first_above(const struct placed *row, uint32_t count,
                            uint64_t at)
{
    uint32_t low = 0;

    while (low < count) {
        uint32_t middle = low + (count - low) / 2;

        if (row[middle].at > at)
            count = middle;
        else
            low = middle + 1;
    }
    return low;
}

void first_fit_place(const struct rectangles *r, const uint32_t *order,
                     uint64_t *at)
{
    struct placed *row =
        check_alloc(malloc(((size_t)r->count + 1) * sizeof *row));

    for (uint32_t count = 0; count < r->count; count++) {
        uint32_t i = order[count];
        const struct rectangle *x = &r->of[i];

        at[i] = lowest_gap(row, count, x);
        uint32_t place = first_above(row, count, at[i]);
        memmove(row + place + 1, row + place, (count - place) * sizeof *row);
        row[place] = (struct placed){at[i], at[i] + x->size, x->begin, x->end};
    }
    free(row);
}
