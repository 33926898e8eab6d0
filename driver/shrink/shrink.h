/*
 * Room shrink: the smallest trace on which an allocator fails the same way.
 * May include: base, trace, worker, check.
 *
 * shrink.h - delta debugging of a trace.
 *
 * The result is deterministic: the same trace, allocator and seed give the same
 * smaller trace. Work bounds the search, and not time, except where an
 * allocator hangs or sleeps in most replays.
 *
 * Source: A. Zeller and R. Hildebrandt, Simplifying and Isolating
 * Failure-Inducing Input, IEEE Transactions on Software Engineering 28(2),
 * 2002.
 */
#ifndef SHRINK_H
#define SHRINK_H

#include "check/replay.h"

struct shrink_setup {
    struct replay_setup replay; /* allocator, trace, and how to judge */
    bool timing;                /* judge in timed passes, too */
    const char *path;           /* names the smaller trace in messages */
    void (*progress)(const char *what); /* what is under way; may be NULL */
};

struct shrink_result {
    struct trace *trace;    /* the caller's to delete; NULL: nothing failed */
    struct outcome outcome; /* of that trace; without one, of the whole */
    unsigned replays;       /* how many it took */
    bool complete;          /* false: the search was ended before its end */
};

/* Is there a smaller trace with that outcome? Not where fewer operations take
 * less time, where the allocator fails before the first, or where its clock
 * lies.
 */
bool shrink_is_possible(const struct outcome *outcome);

/*
 * Search for the smallest trace with the verdict of setup's trace. SIGINT ends
 * the search; the best trace so far is the result.
 */
struct shrink_result shrink(const struct shrink_setup *setup);

#endif
