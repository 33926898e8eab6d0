/*
 * realloc(p, 0) returns a block of no bytes, as other systems do. Must be
 * found.
 */
/* fails: realloc-to-zero-is-null */
#include "wrong.h"

void *realloc(void *block, size_t size)
{
    return __libc_realloc(block, size ? size : 1);
}
