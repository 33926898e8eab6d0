/*
 * posix_memalign rounds every alignment up. Must be found.
 */
/* fails: posix-memalign-refuses-what-is-no-power */
/* may fail: posix-memalign-leaves-errno */
#include "wrong.h"

int posix_memalign(void **block, size_t align, size_t size)
{
    void *new = __libc_memalign(align, size);

    if (!new)
        return align > SIZE_MAX / 2 + 1 ? EINVAL : ENOMEM;
    *block = new;
    return 0;
}
