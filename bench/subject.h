/*
 * subject.h - the process that is stepped: an allocator and a loop.
 */
#ifndef SUBJECT_H
#define SUBJECT_H

#include "trace/trace.h"

struct subject {
    const struct trace *trace;
    const char *library; /* path of the allocator's shared object */
    uint64_t ops;        /* how many of the trace's operations to replay */
    uint64_t sample;     /* about how many of them to step, at random */
};

/*
 * Become the subject: let the parent process trace this one, then replay.
 * Operations are numbered from 0. Before them, calls of an empty function are
 * stepped as operations ops + CALL_..., one for each kind of call: these counts
 * are the cost of marking.
 */
_Noreturn void subject_run(const struct subject *subject);

#endif
