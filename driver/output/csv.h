/*
 * csv.h - results as CSV, or separated by tabs.
 */
#ifndef CSV_H
#define CSV_H

#include "columns.h"

#include <stdio.h>

/* Write a field, in quotes if it has a comma, a quote or a line end. */
void csv_text(FILE *file, const char *text);

/* Separated by commas and quoted like csv_text, or by tabs and not quoted (-T).
 */
enum csv_form { CSV_COMMAS, CSV_TABS };

/*
 * Write the results of a benchmark: a line with the columns' names, and a line
 * per allocator and trace. A value that is not known is an empty field.
 */
void csv_results(FILE *file, enum csv_form form, const struct benchmark *b,
                 unsigned align);

#endif
