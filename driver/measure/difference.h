/*
 * difference.h - what has changed against a baseline, by trace and in total,
 * and which changes are regressions.
 *
 * The baseline is another allocator of the same run, or a file of a former one.
 * In one run, times are compared within each round. Between two runs the ratios
 * to libc are, so that a machine that is slower today is no regression.
 */
#ifndef DIFFERENCE_H
#define DIFFERENCE_H

#include "baseline.h"
#include "benchmark.h"

enum metric { METRIC_UTIL, METRIC_TIME, METRIC_INSTRUCTIONS, METRICS };

extern const char *const metric_names[METRICS];

/*
 * In per cent: points of utilization, or parts of the former time or
 * instructions. The interval holds at 95 per cent; where figures are exact it
 * is a point. Before and after are per operation, or a utilization, and 0 in
 * totals of times.
 */
struct change {
    bool known;
    double before, after;
    double by, low, high;
};

/* Totals are means: arithmetic of utilization, else geometric. */
struct difference {
    const struct allocator *allocator;
    const struct trace *trace; /* NULL: total */
    struct change change[METRICS];
};

struct differences {
    size_t count; /* by allocator, and for each its traces, then the total */
    struct difference *rows;
};

/*
 * Before the run: complain and exit where the file is of other traces of the
 * same names, or of another alignment; note what it will not be compared with.
 * If limited, each allocator has to be in the file.
 */
void differences_check(const struct benchmark *b, const struct baseline *file,
                       bool limited);

/*
 * All differences from b->baseline, or from the file if that is not NULL. The
 * baseline itself has none, nor has libc against a file, whose times it gives
 * the unit. Traces on which either is not ok or unknown are left out.
 */
struct differences *differences_of(const struct benchmark *b,
                                   const struct baseline *file);
void differences_delete(struct differences *d);

/* A limit of --fail-if: util<-0.5%, time>+3%, any.instructions>+1%. */
struct limit {
    const char *text; /* the condition, length long */
    int length;
    bool any; /* of a trace's change, not the total's */
    enum metric metric;
    int sign; /* which way is worse */
    double at;
};

enum { MOST_LIMITS = 16 };

struct limits {
    size_t count;
    struct limit limits[MOST_LIMITS];
};

/* Parse the argument of --fail-if, and keep pointers into it; or exit. */
struct limits limits_parse(const char *text);

/* Is the whole interval beyond the limit? */
bool is_regression(const struct limit *limit, const struct difference *d);

/* Is the row a total, and what the limit is of unknown? */
bool is_undecided(const struct limit *limit, const struct difference *d);

#endif
