/*
 * first_fit.h - pack rectangles one by one, each at the lowest place that is
 * free throughout its life.
 *
 * Whatever the packing, to place its rectangles anew, the lowest first, puts
 * none higher than it was: below it, nothing has come. So the best packing of
 * all is first fit in some order, and a packing turned upside down and placed
 * anew falls together from the other side.
 */
#ifndef FIRST_FIT_H
#define FIRST_FIT_H

#include "rectangles.h"

/*
 * Set at[i] for each rectangle; order holds each index once. For n rectangles
 * some n * n steps: for up to some ten thousand.
 */
void first_fit_place(const struct rectangles *r, const uint32_t *order,
                     uint64_t *at);

#endif
