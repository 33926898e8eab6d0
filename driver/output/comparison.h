/*
 * comparison.h - all allocators in one table, one row per allocator.
 */
#ifndef COMPARISON_H
#define COMPARISON_H

#include "measure/benchmark.h"
#include "measure/score.h"

#include <stdio.h>

/* Print the table; if profile is not NULL, with a column for its index. */
void comparison_print(FILE *out, const struct benchmark *c,
                      const struct profile *profile);

#endif
