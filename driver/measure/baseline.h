/*
 * baseline.h - what a benchmark is compared with: figures of a former run, from
 * a file of --json.
 */
#ifndef BASELINE_H
#define BASELINE_H

#include "base/summary.h"

#include <stdbool.h>
#include <stddef.h>

/* Which one of docs/schema.json's the files follow. */
enum { RESULTS_SCHEMA = 1 };

/* One allocator on one trace. What is unknown is 0. */
struct figures {
    bool ok;            /* its verdict; else all else is unknown */
    double utilization; /* 0 to 1 */
    struct summary ns_per_op;
    struct summary ratio; /* libc's time over this one's */
    double instructions_per_op;
};

struct baseline_entry {
    char *allocator, *trace;
    unsigned long line;       /* of the file */
    double ops, peak_payload; /* of the trace; 0: unknown */
    struct figures figures;
};

struct baseline {
    const char *path; /* the caller's */
    unsigned align;   /* of its run; 0: unknown */
    size_t count;
    struct baseline_entry *entries;
};

/* Read the file; complains with its path and exits where it is another one. */
struct baseline *baseline_read(const char *path);
void baseline_delete(struct baseline *b);

/*
 * The entry of an allocator on a trace; NULL where there is none. A file of
 * one allocator has those of every name, so that an allocator may be compared
 * with another.
 */
const struct baseline_entry *baseline_find(const struct baseline *b,
                                           const char *allocator,
                                           const char *trace);

#endif
