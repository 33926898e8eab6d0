/*
 * realloc frees the block even where it has no memory for another. Must be
 * found.
 */
/* fails: a-refused-realloc-keeps-the-block */
#include "wrong.h"

void *realloc(void *block, size_t size)
{
    void *new = __libc_realloc(block, size);

    if (!new &&size)
        __libc_free(block);
    return new;
}
