/*
 * summary_test.c - minimum and quartiles of samples, against known values.
 */
#include "../check.h"

#include "base/summary.h"

#include <math.h>

static bool is(double x, double expected)
{
    return fabs(x - expected) < 1e-12;
}

static bool summary_is(struct summary s, double min, double p25, double median,
                       double p75)
{
    return is(s.min, min) && is(s.p25, p25) && is(s.median, median) &&
           is(s.p75, p75);
}

static void no_samples(void)
{
    struct summary s = summarize(NULL, 0);

    CHECK(s.count == 0);
    CHECK(summary_is(s, 0, 0, 0, 0));
}

static void one_sample(void)
{
    double samples[] = {7};
    struct summary s = summarize(samples, 1);

    CHECK(s.count == 1);
    CHECK(summary_is(s, 7, 7, 7, 7));
}

static void two_samples(void)
{
    double samples[] = {3, 1};

    CHECK(summary_is(summarize(samples, 2), 1, 1.5, 2, 2.5));
}

static void an_odd_number_of_samples(void)
{
    double samples[] = {5, 1, 4, 2, 3};
    struct summary s = summarize(samples, 5);

    CHECK(s.count == 5);
    CHECK(summary_is(s, 1, 2, 3, 4));
}

static void an_even_number_of_samples(void)
{
    double samples[] = {40, 10, 30, 20};

    CHECK(summary_is(summarize(samples, 4), 10, 17.5, 25, 32.5));
}

static void equal_samples(void)
{
    double samples[] = {2, 2, 2, 2, 2, 2};

    CHECK(summary_is(summarize(samples, 6), 2, 2, 2, 2));
}

/* One sample that is far too high does not move the quartiles. */
static void an_outlier_moves_nothing_else(void)
{
    double samples[] = {1e9, 1, 2, 3, 4};

    CHECK(summary_is(summarize(samples, 5), 1, 2, 3, 4));
}

static void sorts_in_place(void)
{
    double samples[] = {3, -1, 2.5, 2.25};

    summarize(samples, 4);
    CHECK(samples[0] == -1 && samples[1] == 2.25);
    CHECK(samples[2] == 2.5 && samples[3] == 3);
}

/* Ranks of the ends from tables of the sign test. */
static void the_interval_of_the_median(void)
{
    static const struct {
        size_t count, rank;
    } table[] = {{6, 1}, {8, 1}, {9, 2}, {11, 2}, {12, 3}, {20, 6}, {31, 10}};
    double samples[31];

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        for (size_t k = 0; k < table[i].count; k++)
            samples[k] = (double)(k + 1);
        struct summary s = summarize(samples, table[i].count);
        CHECK(is(s.low, (double)table[i].rank));
        CHECK(is(s.high, (double)(table[i].count + 1 - table[i].rank)));
    }
}

static void five_samples_have_no_interval(void)
{
    double samples[] = {1, 2, 3, 4, 5};
    struct summary s = summarize(samples, 5);

    CHECK(s.low == 0 && s.high == 0);
}

static const struct test tests[] = {
    {"no-samples", no_samples},
    {"one-sample", one_sample},
    {"two-samples", two_samples},
    {"an-odd-number-of-samples", an_odd_number_of_samples},
    {"an-even-number-of-samples", an_even_number_of_samples},
    {"equal-samples", equal_samples},
    {"an-outlier-moves-nothing-else", an_outlier_moves_nothing_else},
    {"sorts-in-place", sorts_in_place},
    {"the-interval-of-the-median", the_interval_of_the_median},
    {"five-samples-have-no-interval", five_samples_have_no_interval},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
