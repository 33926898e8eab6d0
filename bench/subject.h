/*
 * subject.h - the process that is stepped: an allocator and a loop.
 */
#ifndef SUBJECT_H
#define SUBJECT_H

#include "trace/trace.h"

/* The kinds of calls; marking costs each its own number of instructions. */
enum { CALL_MALLOC, CALL_FREE, CALL_REALLOC, CALL_CALLOC, CALL_ALIGN, CALLS };

struct subject {
    const struct trace *trace;
    const char *library; /* path of the allocator's shared object */
    uint64_t ops;        /* how many of the trace's operations to replay */
    uint64_t sample;     /* about how many of them to step, at random */
};

/* The kind of call, CALL_..., that carries out op; -1: none does. */
int subject_call(struct op op);

/*
 * Become the subject: let the parent process trace this one, then replay.
 * Operations are numbered from 0. Before them, calls of an empty function are
 * stepped as operations ops + CALL_..., whose counts are the cost of marking.
 */
_Noreturn void subject_run(const struct subject *subject);

#endif
