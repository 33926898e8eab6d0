/*
 * pvalloc is valloc. Must be found.
 */
/* fails: pvalloc-gives-whole-pages */
#include "wrong.h"

void *pvalloc(size_t size)
{
    return __libc_memalign(4096, size);
}
