/*
 * packing.h - the lowest packing of a trace's rectangles that is found.
 *
 * LOAD <= OPT <= height: no packing is lower than the load (rectangles.h), and
 * one that reaches it is an optimum. To find the optimum is NP-hard in general
 * (M. Garey and D. Johnson, "Computers and Intractability", 1979, SR2: dynamic
 * storage allocation), so a portfolio is tried, until the load is reached or
 * the effort spent; what is returned has been checked.
 */
#ifndef PACKING_H
#define PACKING_H

#include "rectangles.h"

struct packing {
    uint64_t height; /* bytes; 0: there are no rectangles */
    uint64_t *at;    /* where each rectangle lies, from 0; its own to free */
};

enum packing_fault {
    PACKING_VALID,
    PACKING_OVERLAPS,   /* two rectangles that live at once */
    PACKING_MISALIGNED, /* one at no multiple of what it asked for */
    PACKING_TOO_HIGH,   /* than it says */
    PACKING_TOO_LOW     /* than it says: nothing reaches its height */
};

/* What is wrong with it; knows nothing of how it was made. */
enum packing_fault packing_check(const struct rectangles *r,
                                 const struct packing *p);

/* Asked before each step: what it is in a word. False: stop. */
struct packing_progress {
    bool (*go_on)(void *context, const char *step);
    void *context;
};

/*
 * Find one for rectangles that are not `beyond`. known is where on-line best
 * fit puts them, the first of the portfolio. The same rectangles give the same
 * packing. False where watch said stop, and *best is not set.
 */
bool packing_find(const struct rectangles *r, const uint64_t *on_line,
                  const struct packing_progress *progress,
                  struct packing *best);

/*
 * Counts up whenever packing_find may return another packing than before, so
 * that what was kept of an earlier one is not believed.
 */
enum { PACKING_VERSION = 1 };

#endif
