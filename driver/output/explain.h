/*
 * explain.h - a short trace as C, with the heap after each call.
 *
 *     p2 = malloc(40)
 *         16 [p0 64] 16 (p1 100) 12 [p2 40] 3848
 *
 * What is known of the heap are addresses: [p0 64] is a live block and its
 * bytes of payload, (p1 100) one that has been freed. A number alone counts
 * bytes in no payload: headers, rounding, memory that was never given out.
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "check/replay.h"

#include <stdio.h>

enum { EXPLAIN_MOST = 200 }; /* operations; a longer trace is to be shrunk */

struct explain;

/* Explain the trace on out, which stays the caller's. */
struct explain *explain_new(FILE *out, const struct trace *trace);
void explain_delete(struct explain *e);

/* It follows the checked pass of the replay. */
struct replay_observer explain_observer(struct explain *e);

/* The replay has ended so: print the operation that went wrong. */
void explain_end(struct explain *e, const struct outcome *outcome);

/* The calls alone, a line each; the one that shows the fault is marked. */
void explain_calls(FILE *out, const struct trace *trace,
                   const struct outcome *outcome);

#endif
