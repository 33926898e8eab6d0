/*
 * Room bounds: what any allocator could reach on a trace
 * May include: base, trace.
 *
 * bounds.h - marks of a trace to measure any allocator by.
 *
 *     peak payload <= load <= packing <= best fit          all in bytes
 *
 * The load, trace_aligned_peak, is what sizes rounded up to the alignment need
 * at least; the packing what they are known to fit into, if all is known
 * beforehand (packing.h); best fit what it takes that knows nothing of what
 * comes (best_fit.h). Where packing is load, it is the optimum.
 */
#ifndef BOUNDS_H
#define BOUNDS_H

#include "packing.h"
#include "trace/trace.h"

/* No pointers: it may lie in shared memory. */
struct bounds {
    bool known;      /* best_fit and best_fit_bytes are set */
    double best_fit; /* as utilization */
    bool packed;     /* the next is set: the rectangles were not beyond */
    double packing;  /* as utilization */
    uint64_t best_fit_bytes, packing_bytes;
};

/* Where blocks are after each operation, above the heap's start; 0 for frees
 * and, of the packing, for blocks of no bytes. */
struct placements {
    uint64_t *best_fit, *packing; /* as long as ops; packing NULL: not packed */
};

/*
 * Compute them, sizes rounded up to align, or take them from the cache beside
 * the trace (bounds_cache.h). With where, which placements_free frees, they are
 * computed in any case. False where watch said stop; then nothing is set.
 */
bool bounds_find(const struct trace *trace, unsigned align,
                 const struct packing_progress *progress, struct bounds *bounds,
                 struct placements *where);

void placements_free(struct placements *p);

#endif
