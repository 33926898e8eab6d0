/*
 * score.h - from results to a performance index, by a profile.
 */
#ifndef SCORE_H
#define SCORE_H

#include "benchmark.h"

/* How the throughputs of several traces become one. */
enum average { AVERAGE_POOLED, AVERAGE_HARMONIC, AVERAGE_GEOMETRIC };

/*
 * index = 100 * (weight * u + (1 - weight) * t), where u is the mean
 * utilization and t the throughput, each 0 at its low threshold, 1 at its high
 * one, linear between. Throughput is a ratio to libc's, or where absolute
 * operations per second.
 */
struct profile {
    char name[32];
    double utilization_weight;
    double utilization_low, utilization_high;
    double throughput_low, throughput_high;
    bool absolute;
    enum average average;
};

/* What a threshold is at most: operations per second. */
#define PROFILE_MOST 1e15

struct score {
    size_t traces, ok;     /* traces that count, and how many are ok */
    double utilization;    /* mean over those that count for memory */
    double ops_per_second; /* pooled, over those that count for speed */
    double seconds, ops;   /* sums over the same */
    double ns_per_op;      /* geometric mean */
    double ratio;          /* geometric mean of the ratios to libc */
    double memory_points, speed_points, total;
};

/*
 * What to compare allocators by: means over the traces that all of them ended
 * in time, for to leave out a trace that is slow for one alone would flatter
 * that one; and of these, over those that the allocator did right.
 */
struct means {
    size_t traces;      /* that these are means of; 0: there are none */
    double utilization; /* 0 where no trace counts for memory */
    double ns_per_op;   /* geometric; 0 where none counts for speed */
    double ratio;       /* geometric, of the ratios to libc; 0 likewise */
};

/*
 * Read the profile of that name from the profiles' file (JSON). Complains with
 * path and line where the file is wrong, and lists the names where it has no
 * such profile.
 */
struct profile profile_read(const char *path, const char *name);

/* The same of the one object, which is in the file at path. */
struct json_object;
struct profile profile_of(const char *path, const char *name,
                          struct json_object *object);

/* By its weight. */
bool trace_counts_for_memory(const struct trace *trace);

/* Was no allocator too slow for that trace? */
bool trace_is_shared(const struct benchmark *c, size_t trace);

struct means means_of(const struct benchmark *c, size_t allocator);

/*
 * The mean of the bounds that are known, best fit's or the packing's, over
 * traces that count for memory: all of them, or only those that are shared. 0:
 * there are none.
 */
double mean_best_fit(const struct benchmark *c, bool shared_only);
double mean_packing(const struct benchmark *c, bool shared_only);

/* Score one allocator; a trace whose verdict is not ok scores 0. */
struct score score_of(const struct benchmark *c, size_t allocator,
                      const struct profile *profile);

#endif
