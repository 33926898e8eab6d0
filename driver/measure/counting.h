/*
 * counting.h - count the instructions of an allocator's calls, trace by trace.
 */
#ifndef COUNTING_H
#define COUNTING_H

#include "benchmark.h"

/* Count the traces whose result is ok; results has one for each trace. */
void count_instructions(const struct benchmark *b,
                        const struct allocator *allocator,
                        struct result *results);

#endif
