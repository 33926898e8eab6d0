/*
 * best_fit.h - how much memory best fit needs for a trace, were it free of
 * headers: a mark to measure allocators by.
 *
 * A property of the trace, as its peaks are, but not computed with them: a
 * million operations may take a second, and more where blocks are aligned in
 * tens of ways. Memory is taken for live blocks and the holes between them.
 */
#ifndef BEST_FIT_H
#define BEST_FIT_H

#include "trace/trace.h"

/*
 * The highest break, in bytes above the heap's start, that the trace leads to,
 * with sizes rounded up to align, 8 or 16. address, NULL or as long as ops,
 * gets where the block of each operation is after it, above the heap's start
 * (0 for frees).
 */
uint64_t best_fit_place(const struct trace *trace, unsigned align,
                        uint64_t *address);

#endif
