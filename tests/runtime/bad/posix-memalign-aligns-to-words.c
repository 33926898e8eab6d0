/*
 * posix_memalign takes its alignment for a number of words. Must be found.
 */
/* fails: aligns-to-gibibytes */
/* fails: posix-memalign-aligns */
#include "wrong.h"

int posix_memalign(void **block, size_t align, size_t size)
{
    if (align % sizeof(void *) || !is_power(align))
        return EINVAL;
    void *new = __libc_memalign(align / sizeof(void *), size);
    if (!new)
        return ENOMEM;
    *block = new;
    return 0;
}
