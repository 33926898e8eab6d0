/*
 * memalign asks for as much as it may need, and the sum may wrap around.
 * Must be found.
 */
/* fails: refuses-what-cannot-be */
#include "wrong.h"

void *memalign(size_t align, size_t size)
{
    if (size > SIZE_MAX - 64)
        return __libc_memalign(align, size + 64);
    return __libc_memalign(align, size);
}
