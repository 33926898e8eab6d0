/*
 * score.h - means over traces, and the index of a profile.
 */
#ifndef SCORE_H
#define SCORE_H

#include "benchmark.h"

/* The mean that a profile takes of the traces' throughputs. */
enum average { AVERAGE_POOLED, AVERAGE_HARMONIC, AVERAGE_GEOMETRIC };

/* What speed is measured in. */
enum measure { MEASURE_TIME, MEASURE_INSTRUCTIONS };

/*
 * index = 100 * (weight * u + (1 - weight) * t). u is the mean utilization and
 * t the throughput, scaled to be 0 up to the low threshold, 1 from the high one
 * on, and linear between. Throughput is a ratio to libc's, or, if absolute, in
 * operations per second or per 1,000 instructions.
 */
struct profile {
    char name[32];
    double utilization_weight;
    double utilization_low, utilization_high;
    double throughput_low, throughput_high;
    bool absolute;
    enum average average;
    enum measure measure;
    double widest; /* relative interval that a ratio may have; 0: any */
};

/* What a threshold is at most: operations per second. */
#define PROFILE_MOST 1e15

struct score {
    size_t traces, ok;          /* of the set; those whose verdict is ok */
    double utilization;         /* mean over traces that count for memory */
    double ops_per_second;      /* ops / seconds */
    double seconds, ops;        /* sums over traces that count for speed */
    double ns_per_op;           /* geometric mean */
    double ratio;               /* geometric mean of the ratios to libc */
    double instructions_per_op; /* geometric mean; 0: not counted */
    double ops_per_1000;        /* operations per 1,000 instructions */
    double throughput;          /* in the profile's unit */
    double throughput_low, throughput_high; /* its interval, of a timed ratio */
    bool stable; /* the interval is no wider than the profile allows */
    bool known;  /* throughput, by the profile's measure; stable */
    double memory_points, speed_points, total; /* the last two if known */
};

/*
 * An allocator's means, for comparison with others. They cover the traces that
 * count (trace_counts), on which its verdict is ok and that are shared
 * (trace_is_shared): if only one allocator is too slow for a trace, its means
 * must not be better for that.
 */
struct means {
    size_t traces;              /* how many they cover */
    double utilization;         /* 0 if no trace counts for memory */
    double ns_per_op;           /* geometric; 0 if no trace counts for speed */
    double instructions_per_op; /* geometric; 0 if none is counted */
    double ratio; /* geometric, of ratios to libc; 0 if none counts */
};

/*
 * Read the profile `name` from the file of profiles (JSON). If the file is
 * malformed or has no such profile, exit with a message; it says of the latter
 * where the name stands: in a file, or, if that is NULL, in an option.
 */
struct profile profile_read(const char *path, const char *name,
                            const char *named_in, unsigned long line);

/* The same of the one object, which is in the file at path. */
struct json_object;
struct profile profile_of(const char *path, const char *name,
                          struct json_object *object);

/* Does the weight count for utilization? For throughput? */
bool weighs_memory(enum trace_weight weight);
bool weighs_speed(enum trace_weight weight);

/* Does the trace's weight count for utilization? */
bool trace_counts_for_memory(const struct trace *trace);

/*
 * Does the set count for scores and means? The benchmark says which one does;
 * where all traces are of one set, that does.
 */
bool set_counts(const struct benchmark *c, enum trace_set set);

/* Has no allocator the verdict too-slow on that trace? */
bool trace_is_shared(const struct benchmark *c, size_t trace);

struct means means_of(const struct benchmark *c, size_t allocator);

/*
 * The mean utilization of best fit, and of the packing, over traces whose set
 * counts, that count for memory and whose bounds are known; if shared_only,
 * over shared traces. 0 if there are none.
 */
double mean_best_fit(const struct benchmark *c, bool shared_only);
double mean_packing(const struct benchmark *c, bool shared_only);

/*
 * The score of one allocator over the traces of the sets that count, or of one
 * set; a trace whose verdict is not ok counts as 0.
 */
struct score score_of(const struct benchmark *c, size_t allocator,
                      const struct profile *profile);
struct score score_of_set(const struct benchmark *c, size_t allocator,
                          const struct profile *profile, enum trace_set set);

#endif
