/*
 * placement_log.h - log best fit and packing as if allocators had made them.
 *
 * The events go through an oracle, as an allocator's do. So their rows have the
 * same columns, and every placement is checked again.
 */
#ifndef PLACEMENT_LOG_H
#define PLACEMENT_LOG_H

#include "measure/benchmark.h"
#include "replay_log.h"

/*
 * Write best fit and packing of a trace into the replay log, as two further
 * allocators. This is a function for benchmark.placed.
 */
void placement_log_write_all(void *log, const struct benchmark *b, size_t trace,
                             const struct placements *where);

struct placement_log {
    const char *name;      /* in the allocator's column */
    const uint64_t *place; /* by operation: its block's offset from the base */
    uint64_t top;          /* the highest end of a block, in bytes */
    bool rises; /* the break is the highest end so far; else always top */
    unsigned align;
};

/*
 * The base is a multiple of every alignment in the trace. A placement whose top
 * exceeds limit is not written but warned of, to bound the oracle's memory.
 */
void placement_log_write(struct replay_log *replay_log,
                         const struct trace *trace,
                         const struct placement_log *placement_log,
                         uint64_t limit);

#endif
