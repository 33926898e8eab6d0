/*
 * markdown.h - the tables of a run as Markdown.
 */
#ifndef MARKDOWN_H
#define MARKDOWN_H

#include "adversary/adversary_benchmark.h"
#include "measure/benchmark.h"
#include "measure/score.h"

#include <stdio.h>

/* The tables of each allocator, and the comparison if there are several. */
void markdown_results(FILE *out, const struct benchmark *b,
                      const struct profile *profile, unsigned align);

void markdown_adversary(FILE *out, const struct adversary_benchmark *t);

#endif
