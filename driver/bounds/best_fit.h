/*
 * best_fit.h - the memory that best fit without headers needs for a trace.
 *
 * The figure is a yardstick: an allocator that needs more loses the rest to
 * its metadata or to its placement policy. It depends on the trace and on the
 * alignment only. A million operations may take a second, and more if the
 * trace asks for tens of different alignments. The computation's own memory
 * is proportional to the live blocks and the free extents between them.
 */
#ifndef BEST_FIT_H
#define BEST_FIT_H

#include "trace/trace.h"

/*
 * Returns the highest break of the replay, in bytes above the heap's start.
 * Sizes are rounded up to align, which is 8 or 16. address is NULL or has room
 * for trace->op_count: it gets the address of each operation's block after the
 * operation, in bytes above the heap's start, 0 for a free. A replay whose
 * break reaches 2^62 ends there.
 */
uint64_t best_fit_place(const struct trace *trace, unsigned align,
                        uint64_t *address);

#endif
