/*
 * comparison.h - all allocators in one table, a row each.
 */
#ifndef COMPARISON_H
#define COMPARISON_H

#include "measure/benchmark.h"
#include "measure/score.h"

#include <stdio.h>

/* With a column for the index by profile, where it is not NULL. */
void comparison_print(FILE *out, const struct benchmark *c,
                      const struct profile *profile);

#endif
