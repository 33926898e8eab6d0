/*
 * realloc(NULL, n) returns NULL. Must be found.
 */
/* may fail: keeps-an-environment */
/* fails: realloc-of-null-is-malloc */
/* fails: zero-bytes-are-a-block realloc-keeps-what-grows */
#include "wrong.h"

void *realloc(void *block, size_t size)
{
    if (block)
        return __libc_realloc(block, size);
    errno = ENOMEM;
    return NULL;
}
