/*
 * calloc clears whole words only. Must be found.
 */
/* fails: calloc-is-zero */
/* fails: calloc-clears-used-memory */
#include "wrong.h"

void *calloc(size_t count, size_t size)
{
    char *block = __libc_calloc(count, size);

    for (size_t i = count * size; block && i % 8 > 0; i--)
        block[i - 1] = 1;
    return block;
}
