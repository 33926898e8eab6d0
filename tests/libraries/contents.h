/*
 * contents.h - what the tests of the libraries write into blocks.
 */
#ifndef CONTENTS_H
#define CONTENTS_H

#include <stdbool.h>
#include <stddef.h>

static inline bool all_are(const unsigned char *bytes, size_t size, int value)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != value)
            return false;
    return true;
}

static inline unsigned char content(size_t i, unsigned seed)
{
    return (unsigned char)(seed * 31 + i * 7 + (i >> 8));
}

/* Bytes that differ from block to block. */
static inline void fill(unsigned char *p, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        p[i] = content(i, seed);
}

static inline bool filled(const unsigned char *p, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        if (p[i] != content(i, seed))
            return false;
    return true;
}

#endif
