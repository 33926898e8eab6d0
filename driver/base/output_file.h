/*
 * output_file.h - files that results are written to; - is standard output.
 *
 * What cannot be written ends the program with the path and the reason.
 */
#ifndef OUTPUT_FILE_H
#define OUTPUT_FILE_H

#include <stdbool.h>
#include <stdio.h>

/* Is that the path of standard output? NULL is no path. */
bool output_is_stdout(const char *path);

/* Open it anew; NULL where path is NULL. */
FILE *output_open(const char *path);

/* All is written: close it. Standard output stays open. NULL is no file. */
void output_close(FILE *file, const char *path);

/* Better to hear before a run that a file cannot be written than after it. It
 * leaves no file behind where there was none. */
void output_check(const char *path);

#endif
