/*
 * best_fit_two_way.h - pack by best fit from a moment on, in both directions
 * of time.
 *
 * The rectangles that live at the moment are stacked without a gap. Every other
 * rectangle lives wholly before or wholly after the moment. So the two sides
 * share nothing except the stack, and each is packed by itself: best fit goes
 * forwards from the stack to the end as an on-line allocator does; then it goes
 * backwards from the same stack to the beginning, where an end of a lifetime
 * is an allocation and a beginning is a free. At the moment of most load the
 * packing wastes no byte.
 */
#ifndef BEST_FIT_TWO_WAY_H
#define BEST_FIT_TWO_WAY_H

#include "rectangles.h"

/* The lowest in the stack begins first, ends last, or lives longest. */
enum stack_order {
    STACK_BY_BIRTH,
    STACK_BY_DEATH,
    STACK_BY_LIFETIME,
    STACK_ORDERS
};

/* A moment after the last: the stack is empty, all is packed backwards. */
enum { AFTER_ALL_MOMENTS = UINT32_MAX };

/*
 * Set at[i], the address of rectangle i in bytes, for each rectangle; at has
 * room for r->count. n rectangles take some n log n steps.
 */
void best_fit_two_way(const struct rectangles *r, uint32_t moment,
                      enum stack_order order, uint64_t *at);

#endif
