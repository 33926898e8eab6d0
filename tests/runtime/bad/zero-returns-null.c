/*
 * malloc(0) returns NULL. Must be found.
 */
/* fails: zero-bytes-are-a-block */
#include "wrong.h"

void *malloc(size_t size)
{
    return size ? __libc_malloc(size) : NULL;
}
