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
 */
struct contents contents_read(const char *path);

void contents_free(char *bytes, size_t size, bool mapped);

#endif
