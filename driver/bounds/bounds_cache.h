/*
 * bounds_cache.h - keep the bounds of a trace in a file beside it.
 *
 * The bounds of traces/x.rep for alignment 16 lie in traces/.bounds/x.rep.16:
 * a line of text with a hash of the operations, the figures, and a checksum of
 * the line. The cache ignores a line that was written for other operations, by
 * another PACKING_VERSION, or that was cut short or changed; the next
 * bounds_cache_write replaces it. If the folder cannot be written, nothing is
 * kept; that is no error, and nothing is printed.
 */
#ifndef BOUNDS_CACHE_H
#define BOUNDS_CACHE_H

#include "trace/trace.h"

struct bounds_figures {
    uint64_t best_fit; /* bytes */
    bool packed;       /* packing is set */
    uint64_t packing;  /* bytes */
};

/* Set *figures from the cache; false if it has no valid line. */
bool bounds_cache_read(const struct trace *trace, unsigned align,
                       struct bounds_figures *figures);

/* Replace the line of that trace and alignment, if the folder allows it. */
void bounds_cache_write(const struct trace *trace, unsigned align,
                        const struct bounds_figures *figures);

#endif
