/*
 * first_fit.h - pack rectangles one by one, each at the lowest address that is
 * free during its whole lifetime.
 *
 * Take any packing and place its rectangles anew by first fit, in the order of
 * their addresses: no rectangle ends up higher than it was, because everything
 * below it has stayed or moved down. Two facts follow. The optimal packing is
 * first fit in some order. And a packing that is turned upside down and placed
 * anew is at most as high as before (packing.c, step 5).
 */
#ifndef FIRST_FIT_H
#define FIRST_FIT_H

#include "rectangles.h"

/*
 * Set at[i], the address of rectangle i in bytes, for each rectangle, in that
 * order: order has r->count elements, each index once. n rectangles take some
 * n * n steps, so this is for at most some ten thousand.
 */
void first_fit_place(const struct rectangles *r, const uint32_t *order,
                     uint64_t *at);

#endif
