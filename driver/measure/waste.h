/*
 * waste.h - the parts of a footprint that are not payload, by their cause.
 *
 *     footprint = peak payload + alignment + metadata + placement
 *                 + online_gap + packing_gap
 *
 *     alignment    load - peak payload: sizes rounded up to the alignment
 *     metadata     what the allocator's blocks take beyond that when payload is
 *                  highest: headers, size classes (strides.h)
 *     placement    the rest: where the allocator puts blocks, the memory it
 *                  holds in reserve, its tables; below 0 if it beats best fit
 *     online_gap   best fit - packing: what best fit takes because it does not
 *                  know the future
 *     packing_gap  packing - load: 0 if the packing is optimal, else how much
 *                  of it could be saved is unknown
 *
 * In bytes, each at its own peak over the trace.
 */
#ifndef WASTE_H
#define WASTE_H

#include "benchmark.h"

enum waste_part {
    WASTE_ALIGNMENT,
    WASTE_METADATA,
    WASTE_PLACEMENT,
    WASTE_ONLINE_GAP,
    WASTE_PACKING_GAP,
    WASTE_PARTS
};

const char *waste_title(enum waste_part part); /* in tables */

struct waste {
    bool known;          /* the rest is set: bounds known, the verdict ok */
    bool metadata_known; /* else it is 0 here, and part of placement */
    int64_t bytes[WASTE_PARTS];
};

struct waste waste_of(const struct benchmark *c, size_t allocator,
                      size_t trace);

/* Of a footprint, 0 to 1 or below 0; they add up to 1 - utilization. */
struct waste_shares {
    size_t traces; /* that these are means of */
    double utilization;
    double of[WASTE_PARTS];
};

/*
 * Means over the traces that count for memory, where the waste is known and no
 * allocator was too slow, as the other means of a comparison are.
 */
struct waste_shares waste_means(const struct benchmark *c, size_t allocator);

#endif
