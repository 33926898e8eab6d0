/*
 * summary.h - the few numbers that say how a sample lies.
 */
#ifndef SUMMARY_H
#define SUMMARY_H

#include <stddef.h>

struct summary {
    double min, p25, median, p75;
    size_t count; /* of samples; all is 0 where there were none */
};

/* Sorts the samples in place; quartiles by linear interpolation. */
struct summary summarize(double *samples, size_t count);

#endif
