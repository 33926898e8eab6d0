/*
 * posix_memalign stores NULL where it fails. Must be found.
 */
/* fails: posix-memalign-refuses-what-is-no-power */
/* fails: posix-memalign-says-no-memory */
#include "wrong.h"

int posix_memalign(void **block, size_t align, size_t size)
{
    *block = NULL;
    if (align % sizeof(void *) || !is_power(align))
        return EINVAL;
    int error = errno;
    *block = __libc_memalign(align, size);
    errno = error;
    return *block ? 0 : ENOMEM;
}
