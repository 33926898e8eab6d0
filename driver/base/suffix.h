/*
 * suffix.h - the suffix of a file's name.
 */
#ifndef SUFFIX_H
#define SUFFIX_H

#include <stdbool.h>
#include <string.h>

/* Does the name end with the suffix, and have something before it? */
static inline bool has_suffix(const char *name, const char *suffix)
{
    size_t n = strlen(name), s = strlen(suffix);

    return n > s && strcmp(name + n - s, suffix) == 0;
}

#endif
