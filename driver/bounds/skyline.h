/*
 * skyline.h - pack rectangles from the bottom up.
 *
 * The lowest stretch of the skyline gets, of all rectangles not placed yet that
 * live within its time, the one of the most weight; where there is none, it is
 * raised to its lower neighbour, and what is below is lost. So far it is
 * T. Sekiyama, T. Imamichi, H. Imai and R. Raymond, "Profile-guided memory
 * optimization for deep neural networks", 2018, whose weight is the lifetime,
 * after best fit for strips of E. Burke, G. Kendall and G. Whitwell, 2004.
 *
 * Here weights are the caller's, and one that begins where the stretch begins,
 * or ends where it ends, may be preferred: it leaves no corner to fill.
 */
#ifndef SKYLINE_H
#define SKYLINE_H

#include "rectangles.h"

struct skyline;

/* To pack these, any number of times. */
struct skyline *skyline_new(const struct rectangles *r);
void skyline_delete(struct skyline *s);

/*
 * Set at[i] for each rectangle: its lowest address. Weights are above 0; that
 * of a rectangle counts `flush` times, at least 1, for each side that is flush.
 * For n rectangles some n log n steps.
 */
void skyline_place(struct skyline *s, const double *weight, double flush,
                   uint64_t *at);

#endif
