/*
 * malloc returns NULL once the library's destructor has run. Must be found.
 */
/* fails: library-loaded-later */
#include "wrong.h"

static bool ended;

__attribute__((destructor)) static void end(void)
{
    ended = true;
}

void *malloc(size_t size)
{
    return ended ? NULL : __libc_malloc(size);
}
