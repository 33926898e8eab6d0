/*
 * csv.h - fields of CSV files.
 */
#ifndef CSV_H
#define CSV_H

#include "columns.h"

#include <stdio.h>

/* A text, in quotes where it has to be. */
void csv_text(FILE *file, const char *text);

enum csv_quoting { CSV_QUOTED, CSV_PLAIN };

/* A value, nothing if it is not known; format is of a number. */
void csv_value(FILE *file, struct value value, const char *format,
               enum csv_quoting quoting);

#endif
