/*
 * contents.h - the bytes of a file, decompressed if it is compressed.
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
 * Read the file at path: decompress it if it begins as a gzip or zstd file
 * does, else map it. On failure exit with a message.
 *
 * Another program may change a mapped file: after truncation some pages cannot
 * be read, after a write some operations were never verified. A memory fault
 * caused by such a change ends the program with a message.
 */
struct contents contents_read(const char *path);

void contents_free(char *bytes, size_t size, bool mapped);

/*
 * Exit with a message if a mapped file has changed since it was mapped: results
 * could be wrong.
 */
void contents_verify(void);

#endif
