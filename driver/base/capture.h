/*
 * capture.h - what another program prints.
 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Run argv[0], found on the PATH, with the environment's own variables and
 * `NAME=value` of extra, a NULL-terminated list; its standard error is
 * dropped. False where it could not be run; what does not fit is cut.
 */
bool capture_output(char *const argv[], char *const extra[], char *buffer,
                    size_t size);

#endif
