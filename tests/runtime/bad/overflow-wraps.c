/*
 * malloc adds a header to the size, and the sum may wrap around. Must be
 * found.
 */
/* fails: refuses-what-cannot-be */
#include "wrong.h"

void *malloc(size_t size)
{
    return __libc_malloc(((size + 8 + 15) & ~(size_t)15));
}
