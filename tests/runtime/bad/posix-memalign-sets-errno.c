/*
 * posix_memalign puts its answer into errno too. Must be found.
 */
/* fails: posix-memalign-leaves-errno */
#include "wrong.h"

int posix_memalign(void **block, size_t align, size_t size)
{
    if (align % sizeof(void *) || !is_power(align))
        return errno = EINVAL;
    void *new = __libc_memalign(align, size);
    if (!new)
        return ENOMEM;
    *block = new;
    return 0;
}
