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
 * a gzip or a zstd file does. Complains and exits when it cannot.
 *
 * A mapped file may change under us: one that is cut short has pages that
 * cannot be read, one that is overwritten holds what nobody has verified. From
 * here on a fault of memory that comes of it ends the program with one line.
 */
struct contents contents_read(const char *path);

void contents_free(char *bytes, size_t size, bool mapped);

/*
 * Complains and exits where a file that is mapped has changed since it was
 * read: what was made of it is not to be trusted.
 */
void contents_verify(void);

#endif
