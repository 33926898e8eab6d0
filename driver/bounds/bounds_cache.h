/*
 * bounds_cache.h - figures of a trace, kept beside it.
 *
 * For traces/x.rep and alignment 16 they lie in traces/.bounds/x.rep.16: a line
 * of text with the hash of the operations, the figures, and a hash of the line.
 * Another trace under that name, another version of what computes them, a line
 * cut short or changed: nothing of it is believed, and it is written anew.
 * Where the folder cannot be written there is no cache, and nobody is told.
 */
#ifndef BOUNDS_CACHE_H
#define BOUNDS_CACHE_H

#include "trace/trace.h"

/* In bytes. */
struct bounds_figures {
    uint64_t best_fit;
    bool packed; /* the next is set */
    uint64_t packing;
};

/* False where nothing that can be believed is kept. */
bool bounds_cache_read(const struct trace *trace, unsigned align,
                       struct bounds_figures *figures);

void bounds_cache_write(const struct trace *trace, unsigned align,
                        const struct bounds_figures *figures);

#endif
