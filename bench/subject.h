/*
 * subject.h - the process that is stepped: an allocator and a loop.
 */
#ifndef SUBJECT_H
#define SUBJECT_H

#include "trace/trace.h"

struct subject {
    const struct trace *trace;
    const char *library; /* path of the allocator's shared object */
    uint64_t ops;        /* replay so many of the trace's operations */
    uint64_t sample;     /* step about so many of them, chosen at random */
};

/*
 * Become the subject: stop at once for the one that steps, then replay.
 * Operations are numbered from 0; before them, calls that do nothing are
 * stepped as operations ops + CALL_..., so that marking can be taken off: each
 * kind of call has its own cost of being marked.
 */
_Noreturn void subject_run(const struct subject *subject);

#endif
