/*
 * summary.c - sort, then interpolate.
 */
#include "summary.h"

#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double quantile(const double *sorted, size_t count, double q)
{
    double at = q * (double)(count - 1);
    size_t low = (size_t)at;

    if (low + 1 >= count)
        return sorted[count - 1];
    return sorted[low] + (at - (double)low) * (sorted[low + 1] - sorted[low]);
}

struct summary summarize(double *samples, size_t count)
{
    if (count == 0)
        return (struct summary){0};
    qsort(samples, count, sizeof *samples, by_value);
    return (struct summary){.min = samples[0],
                            .p25 = quantile(samples, count, 0.25),
                            .median = quantile(samples, count, 0.5),
                            .p75 = quantile(samples, count, 0.75),
                            .count = count};
}
