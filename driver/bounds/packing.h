/*
 * packing.h - find a low packing of a trace's rectangles.
 *
 * LOAD <= OPT <= height: no packing is lower than the load (rectangles.h), so
 * one that reaches the load is optimal. Finding the optimum is NP-hard (M.
 * Garey and D. Johnson, "Computers and Intractability", 1979, SR2: dynamic
 * storage allocation). Therefore packing_find tries a portfolio of heuristics
 * until one reaches the load or the effort is spent. It checks the packing it
 * returns.
 */
#ifndef PACKING_H
#define PACKING_H

#include "rectangles.h"

struct packing {
    uint64_t height; /* bytes; 0: there are no rectangles */
    uint64_t *at;    /* the address of each rectangle; the caller frees it */
};

enum packing_fault {
    PACKING_VALID,
    PACKING_OVERLAPS,   /* two rectangles that live at once share a byte */
    PACKING_MISALIGNED, /* an address is no multiple of the alignment */
    PACKING_TOO_HIGH,   /* a rectangle ends above p->height */
    PACKING_TOO_LOW     /* no rectangle reaches p->height */
};

/* The first fault of the packing. Nothing here depends on how it was made. */
enum packing_fault packing_check(const struct rectangles *r,
                                 const struct packing *p);

/*
 * packing_find calls go_on before each step, with the step's name for a
 * progress display; false tells it to stop.
 */
struct packing_progress {
    bool (*go_on)(void *context, const char *step);
    void *context;
};

/*
 * Set *best for rectangles that are not too_large. on_line has their addresses
 * by on-line best fit, the first packing of the portfolio. The same rectangles
 * always give the same packing. Returns false, and leaves *best unset, if
 * progress->go_on returned false; progress may be NULL.
 */
bool packing_find(const struct rectangles *r, const uint64_t *on_line,
                  const struct packing_progress *progress,
                  struct packing *best);

/*
 * To be raised with every change by which packing_find may return another
 * packing than before: the cache then ignores what it kept (bounds_cache.h).
 */
enum { PACKING_VERSION = 1 };

#endif
