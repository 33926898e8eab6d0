/*
 * calloc does not clear what was used before. Must be found.
 */
/* fails: calloc-clears-used-memory */
/* may fail: libraries-come-and-go library-loaded-later */
/* may fail: library-loaded-before */
/* soak: calloc's memory is not zero */
#include "wrong.h"

void *calloc(size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes))
        return __libc_calloc(count, size);
    return __libc_malloc(bytes);
}
