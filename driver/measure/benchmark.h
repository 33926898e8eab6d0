/*
 * Room measure: rounds, statistics, score
 * May include: base, trace, worker, check, bounds.
 *
 * benchmark.h - check every allocator on every trace, and compare their speed.
 *
 * On each trace every allocator has its own worker, and in a timed round they
 * replay the trace one after the other. A change of the machine's speed then
 * affects all alike, so ratios of times are more reliable than times.
 */
#ifndef BENCHMARK_H
#define BENCHMARK_H

#include "check/allocator.h"
#include "bounds/bounds.h"
#include "check/replay.h"
#include "base/summary.h"
#include "trace/trace.h"

#include <stdbool.h>

/* One allocator on one trace. It has no pointers: shared memory may hold it. */
struct result {
    struct outcome outcome;
    bool metadata_known; /* metadata is set */
    uint64_t metadata;   /* bytes beyond rounded payloads, see strides.h */
    double utilization;  /* peak payload / peak footprint; 0 if unknown */
    bool perturbed;      /* the fields perturbed_* are set */
    enum verdict perturbed_verdict;
    char perturbed_message[1600];
    double perturbed_utilization;
    bool timed;               /* ns_per_op and ratio are set */
    struct summary ns_per_op; /* over the rounds */
    struct summary ratio;     /* libc's ns/op / this ns/op, over the rounds */
    bool counted;             /* instructions is set */
    uint64_t instructions;    /* of the calls in all operations */
    struct summary against;   /* the baseline's ns/op / this ns/op, as ratio */
    double count_ratio; /* libc's instructions / these; 0: libc has no count */
};

static inline bool utilization_known(const struct result *r)
{
    return r->outcome.verdict == VERDICT_OK && r->outcome.footprint > 0;
}

/* What a benchmark is doing with a trace. */
enum stage {
    STAGE_BOUNDS, /* computing bounds */
    STAGE_CHECKING,
    STAGE_PERTURBED,  /* a checked replay of the perturbed trace */
    STAGE_WARMING_UP, /* from here on all allocators take turns */
    STAGE_TIMING,
    STAGE_TIMING_SLOW, /* timing an allocator whose replay takes long */
    STAGE_COUNTING     /* counting its instructions under valgrind */
};

struct benchmark {
    /* Set by the caller. */
    struct allocator **allocators;
    size_t allocator_count;
    struct allocator *libc;           /* the baseline, timed too; never NULL */
    const struct allocator *baseline; /* one of allocators, or NULL: none */
    struct allocator *null;           /* to time the loop alone; never NULL */
    struct trace **traces;
    size_t trace_count;
    bool two_sets;             /* some are public, some are secret */
    enum trace_set counted;    /* the set that scores and means are of */
    struct replay_setup setup; /* of every replay, except allocator and trace */
    bool timing;
    bool counting;      /* instructions, beside times or without them */
    bool counting_libc; /* too, where it is not among the allocators */
    bool subtract_loop; /* subtract the loop's time from ns/op */
    int rounds;         /* 0: chosen by the time that a round takes */
    bool with_bounds;   /* compute bounds and metadata */

    struct replay_observer observer; /* of every checked pass; all 0: none */
    /* Called with a trace's best fit and packing; context is the observer's. */
    void (*placed)(void *context, const struct benchmark *b, size_t trace,
                   const struct placements *where);
    double budget; /* seconds by the clock for all traces; 0: no limit */
    bool perturb;
    uint64_t perturb_seed;
    int jobs;
    /* Called when a stage begins; name is the allocator's, or a bound's. */
    void (*progress)(const struct benchmark *b, size_t trace, enum stage stage,
                     const char *name);

    /* Set by benchmark_run: results by allocator and trace, others by trace. */
    struct result *results;
    struct result *libc_results;
    double *loop_ns; /* the loop's ns/op */
    struct bounds *bounds;
    bool interrupted;
};

/*
 * Run the benchmark. After SIGINT it ends with the present replay: interrupted
 * is set, and results that are missing have VERDICT_NOT_RUN. If a job fails,
 * exit with a message.
 */
void benchmark_run(struct benchmark *b);

void benchmark_free_results(struct benchmark *b);

/* Is every verdict ok, on perturbed traces too? */
bool benchmark_all_ok(const struct benchmark *b);

/* Does it measure speed in some way? */
static inline bool benchmark_has_speed(const struct benchmark *b)
{
    return b->timing || b->counting;
}

/* Is speed measured in instructions, and not in time? */
static inline bool benchmark_by_instructions(const struct benchmark *b)
{
    return b->counting && !b->timing;
}

/* Peak payload over footprint; 0 if unknown. */
double benchmark_utilization(const struct trace *trace,
                             const struct outcome *outcome);

/* On how many traces the allocator has that verdict. */
size_t benchmark_count(const struct benchmark *b, size_t allocator,
                       enum verdict verdict);

struct result *benchmark_result(const struct benchmark *b, size_t allocator,
                                size_t trace);

#endif
