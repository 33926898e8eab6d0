/*
 * Room fuzz: random traces, until an allocator fails on one.
 * May include: base, trace, worker, check.
 *
 * fuzz.h - make a trace, judge it, make the next.
 *
 * Trace number n of a seed is always the same. The traces have many shapes
 * (shape.h): sizes at powers of two and beside them, large blocks, alignments,
 * chains of reallocs, a heap that is exhausted, a request that memlib refuses.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "check/replay.h"

/* Seconds of CPU time that no right allocator takes for one of the traces. */
enum { FUZZ_TIME_LIMIT = 2 };

struct fuzz_setup {
    struct replay_setup replay; /* allocator and how to judge; no trace */
    bool timing;                /* judge in timed passes, too */
    double seconds;             /* of time, after which it ends */
    const char *path;           /* names the traces in messages */
    void (*progress)(const char *what); /* what is under way; may be NULL */
};

struct fuzz_result {
    struct replay_setup replay;  /* of the trace that failed: its limits, too */
    struct trace *trace;         /* the caller's to delete; NULL: none failed */
    struct outcome outcome;      /* of that trace */
    uint64_t traces, operations; /* replayed */
};

/* Fuzz until a trace fails, the time is over, or SIGINT comes. */
struct fuzz_result fuzz(const struct fuzz_setup *setup);

#endif
