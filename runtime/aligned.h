/*
 * aligned.h - which alignments aligned_alloc takes.
 *
 * C demands that aligned_alloc refuses an alignment that is no power of two.
 * glibc does so since 2.38; before, it rounds the alignment up, and programs
 * may count on that. A replacement of the C library's aligned_alloc follows
 * the glibc that it is compiled for.
 */
#ifndef ALIGNED_H
#define ALIGNED_H

#include <features.h>
#include <stdbool.h>
#include <stddef.h>

/* Whether aligned_alloc serves that alignment; else it fails with EINVAL. */
static inline bool aligned_alloc_takes(size_t align)
{
    bool power = align != 0 && (align & (align - 1)) == 0;

    return power || !__GLIBC_PREREQ(2, 38);
}

#endif
