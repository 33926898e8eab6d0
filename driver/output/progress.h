/*
 * progress.h - what is under way, on standard error.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include "measure/benchmark.h"

/*
 * Keep one line up to date on a terminal and none in a pipe (0, 1), or write a
 * line for each thing done (2).
 */
void progress_set(int verbose);

/* For struct benchmark's progress. */
void progress_stage(const struct benchmark *b, size_t trace, enum stage stage,
                    const char *name);

/* The same of something else than a benchmark. */
void progress_print(const char *what);

/* Take the line away. */
void progress_clear(void);

#endif
