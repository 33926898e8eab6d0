/*
 * suffix.h - what a file's name ends in.
 */
#ifndef SUFFIX_H
#define SUFFIX_H

#include <stdbool.h>
#include <string.h>

/* Does a name end so, with something before it? */
static inline bool has_suffix(const char *name, const char *suffix)
{
    size_t n = strlen(name), s = strlen(suffix);

    return n > s && strcmp(name + n - s, suffix) == 0;
}

#endif
