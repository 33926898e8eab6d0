/*
 * libc_own.h - what the C library of this machine does itself.
 *
 * For the few promises that differ between its versions: a malloc that takes
 * its place is to do the same.
 */
#ifndef LIBC_OWN_H
#define LIBC_OWN_H

#include "check.h"

#include <dlfcn.h>

/* Does libc's aligned_alloc take it? The block is left to libc, whose free
 * may be replaced as well. */
static inline bool libc_takes_alignment(size_t align)
{
    void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
    void *(*own)(size_t, size_t);

    CHECK(libc);
    *(void **)&own = dlsym(libc, "aligned_alloc");
    CHECK(own);
    return own(align, 40) != NULL;
}

#endif
