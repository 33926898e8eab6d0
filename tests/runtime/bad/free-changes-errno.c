/*
 * free leaves an errno of its own, as munmap might. Must be found.
 */
/* fails: free-keeps-errno */
#include "wrong.h"

void free(void *block)
{
    __libc_free(block);
    if (block)
        errno = EINVAL;
}
