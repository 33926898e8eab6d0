/*
 * summary.c - sort, then interpolate.
 */
#include "summary.h"

#include <math.h>
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

/*
 * How many samples may lie below the interval, and as many above it. Half of
 * all samples lie below the median, so the number that does is binomial.
 */
static size_t samples_below(size_t count)
{
    double share = pow(0.5, (double)count), below = share;
    size_t k = 0;

    while (2 * (below + share * (double)(count - k) / (double)(k + 1)) <=
           0.05) {
        share *= (double)(count - k) / (double)(k + 1);
        below += share;
        k++;
    }
    return k;
}

static void set_interval(struct summary *s, const double *sorted)
{
    if (s->count < SUMMARY_LEAST)
        return;
    size_t below = samples_below(s->count);
    s->low = sorted[below];
    s->high = sorted[s->count - 1 - below];
}

struct summary summarize(double *samples, size_t count)
{
    if (count == 0)
        return (struct summary){0};
    qsort(samples, count, sizeof *samples, by_value);
    struct summary s = {.min = samples[0],
                        .p25 = quantile(samples, count, 0.25),
                        .median = quantile(samples, count, 0.5),
                        .p75 = quantile(samples, count, 0.75),
                        .count = count};
    set_interval(&s, samples);
    return s;
}
