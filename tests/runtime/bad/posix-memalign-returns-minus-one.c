/*
 * posix_memalign answers with -1 and errno. Must be found.
 */
/* fails: posix-memalign-says-no-memory */
#include "wrong.h"

int posix_memalign(void **block, size_t align, size_t size)
{
    if (align % sizeof(void *) || !is_power(align))
        return EINVAL;
    void *new = __libc_memalign(align, size);
    if (!new)
        return -1;
    *block = new;
    return 0;
}
