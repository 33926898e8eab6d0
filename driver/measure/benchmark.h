/*
 * benchmark.h - allocators times traces: every pair judged, speeds compared.
 *
 * On each trace all allocators are alive at once, each in its worker, and the
 * timed rounds go from one to the next: what the machine does meanwhile hits
 * all alike, and their ratios hold where no absolute time does.
 */
#ifndef CONTEST_H
#define CONTEST_H

#include "check/allocator.h"
#include "bounds/bounds.h"
#include "check/replay.h"
#include "base/summary.h"
#include "trace/trace.h"

#include <stdbool.h>

/* One allocator on one trace. No pointers: it may lie in shared memory. */
struct result {
    struct outcome outcome;
    double utilization; /* peak payload / peak footprint; 0 if unknown */
    bool perturbed;     /* the next three are set */
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
    bool with_bounds;   /* compute them, and what headers take */
    bool perturb;
    uint64_t perturb_seed;
    int jobs;
    void (*progress)(const struct benchmark *c, size_t trace,
                     const char *allocator, const char *stage);

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
