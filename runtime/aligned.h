/*
 * aligned.h - which alignments aligned_alloc takes.
 *
 * C has it refuse what is no power of two. glibc does so since 2.38; before, it
 * rounds up, and programs may count on that. Who takes the place of the C
 * library's aligned_alloc follows the one that it is compiled for.
 */
#ifndef ALIGNED_H
#define ALIGNED_H

#include <features.h>
#include <stdbool.h>
#include <stddef.h>

static inline bool aligned_alloc_takes(size_t align)
{
    bool power = align != 0 && (align & (align - 1)) == 0;

    return power || !__GLIBC_PREREQ(2, 38);
}

#endif
