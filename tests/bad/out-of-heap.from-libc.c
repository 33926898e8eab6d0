/*
 * Has the C library do the work. Must be found: out-of-heap.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:5\b */
#define OWN_MALLOC
#define OWN_FREE
#define OWN_REALLOC
#include "sound.h"

#include <stdlib.h>

void *mm_malloc(size_t size)
{
    return malloc(size);
}

void mm_free(void *ptr)
{
    free(ptr);
}

void *mm_realloc(void *ptr, size_t size)
{
    return realloc(ptr, size);
}
