/*
 * skyline.h - pack rectangles from the bottom up, along a skyline.
 *
 * The skyline is the upper edge of what is placed: a height over each moment. A
 * plateau is a longest run of moments of one height. The lowest plateau gets
 * the rectangle of the highest weight among those that are not placed yet and
 * live within its moments. If there is none, the plateau rises to the height
 * of its lower neighbour, and the memory below is lost.
 *
 * With the lifetime as the weight this is the heuristic of T. Sekiyama,
 * T. Imamichi, H. Imai and R. Raymond, "Profile-guided memory optimization for
 * deep neural networks", 2018. It goes back to best fit for strip packing:
 * E. Burke, G. Kendall and G. Whitwell, 2004.
 *
 * Here the caller gives the weights. A rectangle that begins or ends exactly
 * where the plateau does may be preferred, because no corner is left beside it.
 */
#ifndef SKYLINE_H
#define SKYLINE_H

#include "rectangles.h"

struct skyline;

/*
 * A packer for these rectangles, which stay the caller's and have to outlive
 * it. It packs them any number of times. The caller deletes it.
 */
struct skyline *skyline_new(const struct rectangles *r);
void skyline_delete(struct skyline *s);

/*
 * Set at[i], the address of rectangle i in bytes, for each rectangle. weight[i]
 * is above 0. It is multiplied by flush, which is at least 1, if the
 * rectangle begins at the plateau's begin, and again if it ends at the
 * plateau's end. n rectangles take some n log n steps.
 */
void skyline_place(struct skyline *s, const double *weight, double flush,
                   uint64_t *at);

#endif
