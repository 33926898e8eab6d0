/*
 * baseline.h - what a benchmark is compared with: figures of a former run, from
 * a file of --json.
 */
#ifndef BASELINE_H
#define BASELINE_H

#include "base/summary.h"

#include <stdbool.h>
#include <stddef.h>

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
    struct figures figures;
};

struct baseline {
    size_t count;
    struct baseline_entry *entries;
};

/* Read the file; complains with its path and exits where it is another one. */
struct baseline *baseline_read(const char *path);
void baseline_delete(struct baseline *b);

/*
 * The figures of an allocator on a trace; NULL where there are none. A file of
 * one allocator has those of every name, so that an allocator may be compared
 * with another.
 */
const struct figures *baseline_find(const struct baseline *b,
                                    const char *allocator, const char *trace);

#endif
