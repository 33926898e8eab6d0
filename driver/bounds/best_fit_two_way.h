/*
 * best_fit_two_way.h - pack from a moment outwards, by best fit.
 *
 * What lives at the moment is stacked without a gap. Everything else lives
 * wholly after it or wholly before: the two parts see nothing of each other but
 * that stack. So best fit goes on from there as an allocator would, forwards to
 * the end, and then from the stack again, backwards to the beginning, where
 * ends are births. From the moment of most load no byte is lost where it
 * counts most.
 */
#ifndef BEST_FIT_TWO_WAY_H
#define BEST_FIT_TWO_WAY_H

#include "rectangles.h"

/* What lies lowest in the stack: what was born first, dies last, or lives
 * longest. */
enum stack_order {
    STACK_BY_BIRTH,
    STACK_BY_DEATH,
    STACK_BY_LIFETIME,
    STACK_ORDERS
};

/* From the end of time nothing is stacked: best fit backwards. */
enum { AFTER_ALL_MOMENTS = UINT32_MAX };

/* Set at[i] for each rectangle. Some n log n steps for n rectangles. */
void best_fit_two_way(const struct rectangles *r, uint32_t moment,
                      enum stack_order order, uint64_t *at);

#endif
