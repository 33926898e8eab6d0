/*
 * malloc_usable_size(NULL) looks for a header. Must be found.
 */
/* fails: usable-size-covers-the-request */
#include "wrong.h"

size_t malloc_usable_size(void *block)
{
    return ((size_t *)block)[-1] & ~(size_t)15 ? libc_usable_size(block) : 0;
}
