/*
 * capture.h - run another program and read what it prints.
 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Run argv[0], found on the PATH, and wait for its end. extra is a list of
 * NAME=value strings that ends with NULL; they are added to the environment.
 * buffer, of size bytes, gets the program's standard output as a string, cut
 * where it does not fit. Standard error is discarded. Returns false where the
 * program could not be run or a signal ended it; its exit status does not
 * count.
 */
bool capture_output(char *const argv[], char *const extra[], char *buffer,
                    size_t size);

#endif
