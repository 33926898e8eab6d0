/*
 * waste_table.h - the parts of footprints, in per cent.
 */
#ifndef WASTE_TABLE_H
#define WASTE_TABLE_H

#include "measure/benchmark.h"

#include <stdio.h>

/* Print one allocator's parts, one line per trace, and the means. */
void waste_table_print(FILE *out, const struct benchmark *c, size_t allocator);

/* Print the means of all allocators, one line per allocator. */
void waste_table_compare(FILE *out, const struct benchmark *c);

/* Print what the columns mean. */
void waste_table_legend(FILE *out);

#endif
