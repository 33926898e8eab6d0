/*
 * Room bounds: how little memory a trace could be served with
 * May include: base, trace.
 *
 * bounds.h - lower bounds and placements to measure any allocator by.
 *
 *     peak payload <= load <= packing <= best fit          all in bytes
 *
 * load      The peak of the live bytes with sizes rounded up to the alignment
 *           (trace_aligned_peak). No placement needs less.
 * packing   The best off-line placement that was found (packing.h). If it
 *           equals the load, it is optimal.
 * best fit  What best fit without headers needs on-line (best_fit.h).
 */
#ifndef BOUNDS_H
#define BOUNDS_H

#include "packing.h"
#include "trace/trace.h"

/*
 * The bounds of a trace for one alignment. A utilization is peak payload over
 * the bytes that are needed, 0 to 1. There are no pointers, so that the struct
 * may lie in memory shared by processes.
 */
struct bounds {
    bool known;      /* best_fit and best_fit_bytes are set */
    double best_fit; /* utilization */
    bool packed;     /* packing and packing_bytes are set */
    double packing;  /* utilization */
    uint64_t best_fit_bytes, packing_bytes;
};

/*
 * The address of each operation's block after the operation, in bytes above the
 * heap's start: 0 for a free and, in a packing, for a block of 0 bytes. Both
 * arrays have trace->op_count elements; packing is NULL if there is none.
 */
struct placements {
    uint64_t *best_fit, *packing;
};

/*
 * Set *bounds for sizes rounded up to align, 8 or 16. The figures come from the
 * cache beside the trace (bounds_cache.h) or are computed. If `where` is not
 * NULL, they are always computed, and *where gets the placements; the caller
 * frees them with placements_free. Returns false, and sets nothing, if
 * progress->go_on returned false. progress may be NULL.
 */
bool bounds_find(const struct trace *trace, unsigned align,
                 const struct packing_progress *progress, struct bounds *bounds,
                 struct placements *where);

void placements_free(struct placements *p);

#endif
