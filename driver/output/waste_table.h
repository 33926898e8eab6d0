/*
 * waste_table.h - what footprints are made of, in percent.
 */
#ifndef WASTE_TABLE_H
#define WASTE_TABLE_H

#include "measure/benchmark.h"

#include <stdio.h>

/* Of one allocator, a line a trace, the means last. */
void waste_table_print(FILE *out, const struct benchmark *c, size_t allocator);

/* Of all allocators, a line each: their means. */
void waste_table_compare(FILE *out, const struct benchmark *c);

/* What the columns mean. */
void waste_table_legend(FILE *out);

#endif
