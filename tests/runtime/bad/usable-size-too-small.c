/*
 * malloc_usable_size tells 16 bytes too few. Must be found.
 */
/* fails: usable-size-covers-the-request */
/* may fail: pvalloc-gives-whole-pages */
/* soak: usable size is less */
/* may fail: second-names-are-of-one-heap */
#include "wrong.h"

size_t malloc_usable_size(void *block)
{
    size_t size = libc_usable_size(block);

    return size < 16 ? 0 : size - 16;
}
