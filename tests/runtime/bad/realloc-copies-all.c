/*
 * realloc copies every byte of a block that grows. Must be found.
 */
/* fails: untouched-pages-stay-so */
#include "wrong.h"

void *realloc(void *block, size_t size)
{
    size_t old = block ? libc_usable_size(block) : 0;

    if (size <= old)
        return __libc_realloc(block, size);
    void *new = __libc_malloc(size);
    if (!new || !block)
        return new;
    memcpy(new, block, old);
    __libc_free(block);
    return new;
}
