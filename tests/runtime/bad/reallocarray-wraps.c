/*
 * reallocarray multiplies and does not look whether the product fits. Must
 * be found.
 */
/* fails: reallocarray-does-not-wrap */
#include "wrong.h"

void *reallocarray(void *block, size_t count, size_t size)
{
    return __libc_realloc(block, count * size);
}
