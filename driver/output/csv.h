/*
 * csv.h - results as CSV, or with tabs.
 */
#ifndef CSV_H
#define CSV_H

#include "columns.h"

#include <stdio.h>

/* A text, in quotes where it has to be. */
void csv_text(FILE *file, const char *text);

/* Fields between commas, quoted where they have to be; or between tabs, never
 * quoted, as -T prints them. */
enum csv_form { CSV_COMMAS, CSV_TABS };

/*
 * The results of a benchmark: a line with the names of the columns that the
 * form has, and a line for each allocator on each trace. A value that is not
 * known is an empty field.
 */
void csv_results(FILE *file, enum csv_form form, const struct benchmark *b,
                 unsigned align);

#endif
