/*
 * realloc(p, 0) returns NULL, and p is not freed. Must be found.
 */
/* fails: realloc-to-zero-frees */
#include "wrong.h"

void *realloc(void *block, size_t size)
{
    return block && !size ? NULL : __libc_realloc(block, size);
}
