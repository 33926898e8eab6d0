/*
 * summary.h - minimum and quartiles of samples, and how well their median is
 * known.
 */
#ifndef SUMMARY_H
#define SUMMARY_H

#include <stddef.h>

struct summary {
    double min, p25, median, p75;
    double low, high; /* the interval of the median; both 0: too few samples */
    size_t count;     /* of the samples; if it is 0 all other fields are 0 */
};

/* Fewer samples tell nothing of their median at 95 per cent. */
enum { SUMMARY_LEAST = 6 };

/*
 * Summarize the samples, which it sorts in place. Quartiles are interpolated
 * linearly between the two nearest samples. The interval covers the median of
 * what was sampled with a probability of 95 per cent or more, whatever its
 * distribution: it is from one sample to another (the sign test; Conover,
 * Practical Nonparametric Statistics, section 3.2).
 */
struct summary summarize(double *samples, size_t count);

#endif
