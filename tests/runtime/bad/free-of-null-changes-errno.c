/*
 * free(NULL) is an error. Must be found.
 */
/* fails: free-of-null-does-nothing */
#include "wrong.h"

void free(void *block)
{
    __libc_free(block);
    if (!block)
        errno = EFAULT;
}
