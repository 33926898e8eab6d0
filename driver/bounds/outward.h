/*
 * outward.h - pack from a moment outwards, by best fit.
 *
 * What lives at the moment is stacked without a gap. Everything else lives
 * wholly after it or wholly before: the two parts see nothing of each other but
 * that stack. So best fit goes on from there as an allocator would, forwards to
 * the end, and then from the stack again, backwards to the beginning, where
 * ends are births. From the moment of most load no byte is lost where it
 * counts most.
 */
#ifndef OUTWARD_H
#define OUTWARD_H

#include "rectangles.h"

/* What lies lowest in the stack: what was born first, dies last, or lives
 * longest. */
enum stacking { OLDEST_LOWEST, LAST_LOWEST, LONGEST_LOWEST, STACKINGS };

/* From the end of time nothing is stacked: best fit backwards. */
enum { OUTWARD_FROM_END = UINT32_MAX };

/* Set at[i] for each rectangle. Some n log n steps for n rectangles. */
void outward_place(const struct rectangles *r, uint32_t moment,
                   enum stacking stacking, uint64_t *at);

#endif
