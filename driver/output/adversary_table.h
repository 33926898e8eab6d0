/*
 * adversary_table.h - a adversary benchmark in one table, theory in its last rows.
 */
#ifndef ADVERSARY_TABLE_H
#define ADVERSARY_TABLE_H

#include "adversary/adversary_benchmark.h"

#include <stdio.h>

void adversary_table_print(FILE *out, const struct adversary_benchmark *t);

#endif
