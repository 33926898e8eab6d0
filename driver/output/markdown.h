/*
 * markdown.h - the tables of a run as Markdown.
 */
#ifndef MARKDOWN_H
#define MARKDOWN_H

#include "adversary/adversary_benchmark.h"
#include "measure/benchmark.h"
#include "measure/score.h"

#include <stdio.h>

/* A cell begins with its bar; what would end it early is escaped. */
void markdown_cell(FILE *out, const char *text);
void markdown_end_row(FILE *out);

/* The rule below the titles: so many columns of texts, then of numbers. */
void markdown_rule(FILE *out, size_t texts, size_t numbers);

/* The tables of each allocator, and the comparison if there are several. */
void markdown_results(FILE *out, const struct benchmark *b,
                      const struct profile *profile, unsigned align);

/* A line for each verdict that is not ok. */
void markdown_faults(FILE *out, const struct benchmark *b);

void markdown_adversary(FILE *out, const struct adversary_benchmark *t);

#endif
