/*
 * Room output: tables, JSON, CSV, progress
 * May include: base, trace, worker, check, bounds, measure, adversary.
 *
 * report.h - results as text on standard output.
 */
#ifndef REPORT_H
#define REPORT_H

#include "measure/benchmark.h"
#include "measure/score.h"
#include "adversary/adversary_benchmark.h"

struct report_style {
    bool tabular; /* only lines separated by tabs, one per trace */
    bool quiet;   /* no tables per trace, only totals and faults */
    bool check_team;
    bool autograder; /* end with correct: and perfidx: */
    bool autolab;    /* end with Autolab's JSON line */
    unsigned align;
};

void report_print(const struct benchmark *c, const struct profile *profile,
                  const struct report_style *style);

/* Print the table of an adversary benchmark, and messages of faults. */
void report_adversary(const struct adversary_benchmark *t);

/* What the fuzzer has replayed. */
void report_fuzzing(const struct replay_setup *setup, uint64_t traces,
                    uint64_t operations, bool failed);

/* How a trace was made smaller. */
struct shrinking {
    uint64_t whole_ops; /* operations of the trace at first */
    unsigned replays;
    bool complete; /* false: the search was ended before its end */
};

/* The smaller trace, which is setup's, its outcome, and how to go on. */
void report_shrunk(const struct replay_setup *setup, const struct outcome *o,
                   const struct shrinking *how);

/* The outcome of one replay, in a line or, of a fault, a few. */
void report_outcome(const struct replay_setup *setup, const struct outcome *o);

/* Print the result of --watch; ended: the replay has reached its end. */
void report_watch(const struct replay_setup *setup, const struct outcome *o,
                  bool ended);

/* Say on standard error that Ctrl-C has ended the run. */
void report_interrupt(void);

/* Print what --list prints. */
void report_list(char *const *allocators, size_t allocator_count,
                 struct trace *const *traces, size_t trace_count);

#endif
