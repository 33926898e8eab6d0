/*
 * progress.h - show on standard error what mdriver is doing.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include "measure/benchmark.h"

/*
 * verbose 0 or 1: on a terminal keep one line up to date, else print nothing.
 * verbose 2: print a line per step.
 */
void progress_set(int verbose);

/* A function for benchmark.progress. */
void progress_stage(const struct benchmark *b, size_t trace, enum stage stage,
                    const char *name);

/* Show a line of text, for programs other than a benchmark. */
void progress_print(const char *what);

/* Erase the line. */
void progress_clear(void);

#endif
