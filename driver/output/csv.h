/*
 * csv.h - a text as a field of a CSV file: quoted where it has to be.
 */
#ifndef CSV_H
#define CSV_H

#include <stdio.h>

void csv_text(FILE *file, const char *text);

#endif
