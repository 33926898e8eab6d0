/*
 * adversary_benchmark.h - run an adversary against each allocator, for each n.
 */
#ifndef ADVERSARY_BENCHMARK_H
#define ADVERSARY_BENCHMARK_H

#include "adversary.h"
#include "check/replay.h"

/* The result of one run: one allocator, one n. */
struct adversary_result {
    struct outcome outcome;
    uint64_t operations;
    uint64_t peak_payload; /* bytes */
    double ratio;          /* peak footprint / M; 0 if unknown */
};

struct adversary_benchmark {
    /* Set by the caller. */
    struct allocator *const *allocators;
    size_t allocator_count;
    struct adversary_setup adversary_setup;
    struct replay_setup setup; /* allocator, trace and origin are set here */
    const char *record;        /* path for the traces, or NULL */
    void (*progress)(const char *what); /* or NULL */

    /* Set by adversary_benchmark_run: [allocator][n]. */
    struct adversary_result *results;
    bool interrupted;
};

/*
 * Do all runs, and write each trace to its record. After SIGINT the runs that
 * are not finished have VERDICT_NOT_RUN. A record that cannot be written ends
 * the program (fatal.h).
 */
void adversary_benchmark_run(struct adversary_benchmark *t);

/* Free the results. */
void adversary_benchmark_free(struct adversary_benchmark *t);

const struct adversary_result *
adversary_benchmark_result(const struct adversary_benchmark *t,
                           size_t allocator, size_t n);

bool adversary_benchmark_all_ok(const struct adversary_benchmark *t);

/*
 * The path of a run's record: t->record, with .ALLOCATOR-N before its suffix
 * if there are several runs. The caller frees it.
 */
char *adversary_benchmark_record(const struct adversary_benchmark *t,
                                 size_t allocator, size_t n);

#endif
