/*
 * calloc multiplies and does not look whether the product fits. Must be
 * found.
 */
/* fails: calloc-does-not-wrap */
#include "wrong.h"

void *calloc(size_t count, size_t size)
{
    return __libc_calloc(1, count * size);
}
