/*
 * waste.h - the parts of a footprint that are not payload, by their cause.
 *
 *     footprint = peak payload + alignment + metadata + placement
 *                 + online_gap + packing_gap
 *
 *     alignment    load - peak payload: sizes rounded up to the alignment
 *     metadata     bytes that blocks take beyond their rounded sizes when
 *                  payload is highest: headers, size classes (strides.h)
 *     placement    the rest: holes, caches, tables of the allocator; below 0 if
 *                  it beats best fit
 *     online_gap   best fit - packing: bytes that best fit takes because it
 *                  does not know the operations to come
 *     packing_gap  packing - load: 0 if the packing is optimal, else how much
 *                  of it could be saved is unknown
 *
 * All are in bytes, and all values are peaks over the trace.
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

const char *waste_title(enum waste_part part); /* the part's name in tables */

struct waste {
    bool known;          /* bytes is set: bounds are known, the verdict is ok */
    bool metadata_known; /* else metadata is 0, and is counted as placement */
    int64_t bytes[WASTE_PARTS];
};

struct waste waste_of(const struct benchmark *c, size_t allocator,
                      size_t trace);

/* Means of part / footprint. They and the utilization add up to 1. */
struct waste_shares {
    size_t traces; /* how many they cover */
    double utilization;
    double of[WASTE_PARTS];
};

/*
 * Means over the shared traces (score.h) that count for memory and whose waste
 * is known.
 */
struct waste_shares waste_means(const struct benchmark *c, size_t allocator);

#endif
