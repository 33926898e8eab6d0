/*
 * strides.h - what the blocks of an allocator take beyond their payloads, seen
 * from outside.
 *
 *     | payload   |pad|hdr| payload          |          the stride of a block:
 *     +---------------+                                 from its address to
 *     |<-- stride --->|                                 that of the next above
 *
 * Nothing is known of headers or size classes. But a block takes no more than
 * the stride to its neighbour, and over a trace blocks of a size come to lie
 * next to another with nothing between. So the least stride of a size is what a
 * block of it takes, if two blocks have had it: a hole behind a block that is
 * the only one of its size is seldom the same twice. And a block takes no more
 * than a larger one does. A size of which nothing is known is taken to have as
 * much beyond it as that size which has least.
 *
 * All live blocks are looked at when payload is high (trace.h, segment peak), and when
 * it is highest: then is then added up what each takes, by its own stride or by
 * what its size is known to take, whichever is less.
 */
#ifndef STRIDES_H
#define STRIDES_H

#include "check/replay.h"

struct strides;

/* align, 8 or 16, is what sizes are rounded up to. */
struct strides *strides_new(const struct trace *trace, unsigned align);
void strides_delete(struct strides *s);

/* Forget all that was seen. */
void strides_reset(struct strides *s);

/* What makes it follow a checked pass. */
struct replay_observer strides_observer(struct strides *s);

/*
 * Operation number index, of an ascending sequence, is done; live has the
 * blocks by slot. Looks at them where it is time to.
 */
void strides_follow(struct strides *s, const struct live *live, uint64_t index);

/*
 * What the live blocks take beyond their rounded sizes, in all, when payload is
 * highest. *known: is anything known of any size? Else it is 0.
 */
uint64_t strides_overhead(const struct strides *s, bool *known);

#endif
