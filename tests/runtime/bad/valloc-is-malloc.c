/*
 * valloc does not align. Must be found.
 */
/* fails: valloc-gives-pages */
#include "wrong.h"

void *valloc(size_t size)
{
    return __libc_malloc(size);
}
