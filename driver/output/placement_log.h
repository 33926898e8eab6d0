/*
 * placement_log.h - placements that were computed, written down as if an allocator had
 * made them.
 *
 * An oracle follows them as it follows an allocator, so that the rows have the
 * same columns and every placement is checked once more.
 */
#ifndef PLACEMENT_LOG_H
#define PLACEMENT_LOG_H

#include "measure/benchmark.h"
#include "replay_log.h"

/*
 * Write the best fit and the packing of a trace into the replay log, as two
 * allocators more; for struct benchmark's placed.
 */
void placement_log_write_all(void *log, const struct benchmark *b, size_t trace,
                             const struct placements *where);

struct placement_log {
    const char *name;      /* in place of the allocator's */
    const uint64_t *place; /* of the block after each operation, above base */
    uint64_t top;          /* bytes: no block ends higher */
    bool rises;            /* the heap is as high as blocks came so far; else
                              it is so high from the first operation on */
    unsigned align;
};

/*
 * The heap begins at a base that is a multiple of every alignment asked for. A
 * top beyond limit is not written: a bit for each granule would be too many.
 */
void placement_log_write(struct replay_log *replay_log,
                         const struct trace *trace,
                         const struct placement_log *placement_log,
                         uint64_t limit);

#endif
