/*
 * adversary_benchmark.h - allocators times values of n: an adversary plays each.
 */
#ifndef ADVERSARY_BENCHMARK_H
#define ADVERSARY_BENCHMARK_H

#include "adversary.h"
#include "check/replay.h"

/* One allocator, one n. */
struct adversary_result {
    struct outcome outcome;
    uint64_t operations;
    uint64_t peak_payload;
    double ratio; /* peak footprint / M; 0 if unknown */
};

struct adversary_benchmark {
    /* Set by the caller. */
    struct allocator *const *allocators;
    size_t allocator_count;
    struct adversary_setup adversary_setup;
    struct replay_setup setup; /* allocator and trace are filled in here */
    const char *record;        /* where to write the traces, or NULL */
    void (*progress)(const char *what); /* or NULL */

    /* Set by adversary_benchmark_run: [allocator][n]. */
    struct adversary_result *results;
    bool interrupted;
};

/*
 * Run it. After SIGINT what has not been run keeps VERDICT_NOT_RUN. Complains
 * where a record cannot be written.
 */
void adversary_benchmark_run(struct adversary_benchmark *t);

void adversary_benchmark_free(struct adversary_benchmark *t);

const struct adversary_result *
adversary_benchmark_result(const struct adversary_benchmark *t,
                           size_t allocator, size_t n);

bool adversary_benchmark_all_ok(const struct adversary_benchmark *t);

/*
 * The record of that duel: the name given, or where there are several duels
 * that with .ALLOCATOR-N before its ending. malloc'ed.
 */
char *adversary_benchmark_record(const struct adversary_benchmark *t,
                                 size_t allocator, size_t n);

#endif
