/*
 * contents.h - the bytes of a file, decompressed if need be.
 */
#ifndef CONTENTS_H
#define CONTENTS_H

#include <stdbool.h>
#include <stddef.h>

struct contents {
    char *bytes;
    size_t size;
    bool mapped; /* bytes is a mapping of the file, else from malloc */
};

/*
 * Read the file at path: mapped as it is, or decompressed where it begins as
 * a gzip or a zstd file does. Exits with one line when it cannot.
 *
 * Another program may change a mapped file. A file that was cut short has pages
 * that cannot be read; a file that was overwritten holds operations that were
 * not verified. A memory fault that comes of it ends the program with one line.
 */
struct contents contents_read(const char *path);

void contents_free(char *bytes, size_t size, bool mapped);

/*
 * Exits with one line if a mapped file has changed since it was read, for the
 * results cannot be trusted then.
 */
void contents_verify(void);

#endif
