/*
 * Room measure: rounds, statistics, score: how good is it?
 * May include: base, trace, worker, check,
 * bounds.
 *
 * benchmark.h - allocators times traces: every pair judged, speeds compared.
 *
 * On each trace all allocators are alive at once, each in its worker, and the
 * timed rounds go from one to the next: what the machine does meanwhile hits
 * all alike, and their ratios hold where no absolute time does.
 */
#ifndef BENCHMARK_H
#define BENCHMARK_H

#include "check/allocator.h"
#include "bounds/bounds.h"
#include "check/replay.h"
#include "base/summary.h"
#include "trace/trace.h"

#include <stdbool.h>

/* One allocator on one trace. No pointers: it may lie in shared memory. */
struct result {
    struct outcome outcome;
    bool metadata_known; /* the next is set */
    uint64_t metadata;   /* bytes beyond rounded payloads, see strides.h */
    double utilization;  /* peak payload / peak footprint; 0 if unknown */
    bool perturbed;      /* the next three are set */
    enum verdict perturbed_verdict;
    char perturbed_message[1600];
    double perturbed_utilization;
    bool timed;               /* the rest is set */
    struct summary ns_per_op; /* over the rounds */
    struct summary ratio;     /* libc's ns/op over this one's, by round */
};

/* Not where the verdict is bad, or the footprint could not be measured. */
static inline bool utilization_known(const struct result *r)
{
    return r->outcome.verdict == VERDICT_OK && r->outcome.footprint > 0;
}

/* What is under way on a trace; name is the allocator's where no other is. */
enum stage {
    STAGE_BOUNDS, /* computing them: name is of the step */
    STAGE_CHECKING,
    STAGE_PERTURBED,  /* checking with other sizes */
    STAGE_WARMING_UP, /* from here on all allocators take turns */
    STAGE_TIMING,
    STAGE_TIMING_SLOW /* turns that take long */
};

struct benchmark {
    /* Set by the caller. */
    struct allocator **allocators;
    size_t allocator_count;
    struct allocator *libc; /* the reference, timed along; never NULL */
    struct allocator *null; /* the cost of the loop */
    struct trace **traces;
    size_t trace_count;
    struct replay_setup setup; /* allocator and trace are filled in here */
    bool timing;
    bool subtract_loop; /* ns/op without the loop's own cost */
    int rounds;         /* 0 = as many as seem worth it */
    bool with_bounds;   /* compute them, and what metadata takes */

    /* Follows every checked pass of the allocators; all 0: none. */
    struct replay_observer observer;
    /* Gets the computed placements of a trace, with the observer's context. */
    void (*placed)(void *context, const struct benchmark *b, size_t trace,
                   const struct placements *where);
    bool perturb;
    uint64_t perturb_seed;
    int jobs;
    void (*progress)(const struct benchmark *b, size_t trace, enum stage stage,
                     const char *name);

    /* Set by benchmark_run: [allocator][trace], libc's, and the trace's own. */
    struct result *results;
    struct result *libc_results;
    double *loop_ns; /* the loop's ns/op */
    struct bounds *bounds;
    bool interrupted;
};

/*
 * Run it. SIGINT ends it after the operation under way: what has not been run
 * keeps VERDICT_NOT_RUN and interrupted is set. Complains where a job dies.
 */
void benchmark_run(struct benchmark *c);

void benchmark_free_results(struct benchmark *c);

/* Is every verdict ok, the perturbed ones too? */
bool benchmark_all_ok(const struct benchmark *c);

struct result *benchmark_result(const struct benchmark *c, size_t allocator,
                                size_t trace);

#endif
