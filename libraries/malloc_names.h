/*
 * malloc_names.h - the other names by which a malloc is called and asked.
 *
 * The C library's malloc has second names, which old and low-level programs
 * call, and functions that tell of its heap. If they stayed the C library's,
 * blocks of two heaps would meet, and the figures would be of the wrong heap.
 *
 * A file that defines the malloc family includes this one at its end. Before,
 * it defines system_bytes(): how much memory the heap has from the system; 0
 * if that is not known. Other figures are 0, since no allocator counts.
 */
#ifndef MALLOC_NAMES_H
#define MALLOC_NAMES_H

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>

#include "second_names.h"

__asm__("second_name __libc_mallinfo, mallinfo\n"
        "second_name __libc_mallopt, mallopt\n");

/* ---- Figures. ---- */

#if __GLIBC_PREREQ(2, 33)
struct mallinfo2 mallinfo2(void)
{
    return (struct mallinfo2){.arena = system_bytes()};
}
#endif

struct mallinfo mallinfo(void)
{
    size_t bytes = system_bytes();

    return (struct mallinfo){.arena = bytes < INT_MAX ? (int)bytes : INT_MAX};
}

void malloc_stats(void)
{
    fprintf(stderr, "system bytes     = %10zu\n", system_bytes());
}

int malloc_info(int options, FILE *stream)
{
    if (options != 0)
        return EINVAL;
    fprintf(stream,
            "<malloc version=\"1\">\n<heap nr=\"0\">\n"
            "<system type=\"current\" size=\"%zu\"/>\n</heap>\n</malloc>\n",
            system_bytes());
    return 0;
}

/* ---- Requests that change nothing. ---- */

/* 0: nothing was given back. */
int malloc_trim(size_t pad)
{
    (void)pad;
    return 0;
}

/* 0: it does not know the parameter. */
int mallopt(int parameter, int value)
{
    (void)parameter, (void)value;
    return 0;
}

#endif
