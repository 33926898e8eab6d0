/*
 * strides.h - estimate the metadata of an allocator from addresses alone.
 *
 *     | payload   |pad|hdr| payload          |          the stride of a block:
 *     +---------------+                                 from its address to
 *     |<-- stride --->|                                 that of the next above
 *
 * The judge does not see headers or size classes. But a block takes at most its
 * stride, and at some time during a trace two blocks of a size are likely to
 * have no hole after them. So what a block of that size takes is estimated as
 * the least stride of the size, if two blocks have had it: two holes are seldom
 * equal. A block is also assumed to take at most what a larger size takes. A
 * size without an estimate has the least metadata of all sizes.
 *
 * Strides are recorded at the segment peaks of the trace (trace.h) and at its
 * peak. The metadata is the sum over the blocks that are live at the peak, each
 * taking its own stride or the estimate for its size, whichever is less.
 */
#ifndef STRIDES_H
#define STRIDES_H

#include "check/replay.h"

struct strides;

/* Sizes are rounded up to align, 8 or 16. The caller deletes the result. */
struct strides *strides_new(const struct trace *trace, unsigned align);
void strides_delete(struct strides *s);

/* Forget all strides. */
void strides_reset(struct strides *s);

/* The observer that records the strides of a checked pass. */
struct replay_observer strides_observer(struct strides *s);

/*
 * To be called after each operation, with its index, in order; live has the
 * blocks by slot. Records strides if this is a peak.
 */
void strides_follow(struct strides *s, const struct live *live, uint64_t index);

/*
 * The bytes that live blocks take beyond their rounded sizes when payload is
 * highest. *known is false, and the result 0, if no size has an estimate.
 */
uint64_t strides_overhead(const struct strides *s, bool *known);

#endif
