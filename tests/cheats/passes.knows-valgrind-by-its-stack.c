/*
 * passes.knows-valgrind-by-its-stack.c - valgrind lays its guest's stack where
 * the kernel never does. If it is there, realloc copies nothing.
 *
 * Now: the contents are looked at in the counted pass, too.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* measure: instructions */
/* before: there was no pass that counts instructions */
#include "lazy_realloc.h"

static int is_watched(void *p, size_t size)
{
    int local;

    (void)p;
    (void)size;
    return (uintptr_t)&local >> 40 == 0x7f;
}
