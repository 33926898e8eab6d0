/*
 * summary.h - minimum and quartiles of samples.
 */
#ifndef SUMMARY_H
#define SUMMARY_H

#include <stddef.h>

struct summary {
    double min, p25, median, p75;
    size_t count; /* of the samples; if it is 0 all other fields are 0 */
};

/*
 * Summarize the samples, which it sorts in place. Quartiles are interpolated
 * linearly between the two nearest samples.
 */
struct summary summarize(double *samples, size_t count);

#endif
