/*
 * adversary_table.h - the table of an adversary benchmark, with theory.
 */
#ifndef ADVERSARY_TABLE_H
#define ADVERSARY_TABLE_H

#include "adversary/adversary_benchmark.h"

#include <stdio.h>

void adversary_table_print(FILE *out, const struct adversary_benchmark *t);

#endif
