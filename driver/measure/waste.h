/*
 * waste.h - what a footprint is made of beside payload.
 *
 *     footprint = peak payload + padding + headers + policy + future + shape
 *
 *     padding   sizes rounded up to the alignment: load - peak payload
 *     headers   what the allocator's blocks take beyond that, when payload is
 *               highest: headers, size classes (strides.h)
 *     policy    what remains: where it puts blocks, what it holds in reserve,
 *               its own tables; below 0 where it does better than best fit
 *     future    what best fit takes that knows nothing of what comes, beyond
 *               what blocks are known to fit into: best fit - packing
 *     shape     packing - load: 0 where the packing is the optimum, else
 *               nobody knows how much of it could be saved
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

const char *waste_name(enum waste_part part);

struct waste {
    bool known;          /* the rest is set: bounds known, the verdict ok */
    bool metadata_known; /* else they are 0 here, and in policy */
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
