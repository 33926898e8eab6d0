/*
 * malloc(0) returns one and the same block each time. Must be found.
 */
/* fails: zero-bytes-are-a-block */
#include "wrong.h"

static max_align_t nothing;

void *malloc(size_t size)
{
    return size ? __libc_malloc(size) : &nothing;
}

void free(void *block)
{
    if (block != &nothing)
        __libc_free(block);
}

void *realloc(void *block, size_t size)
{
    return __libc_realloc(block == &nothing ? NULL : block, size);
}
