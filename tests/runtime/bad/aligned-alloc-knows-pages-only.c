/*
 * aligned_alloc aligns up to a page and no further. Must be found.
 */
/* fails: aligns-to-every-power */
#include "runtime/aligned.h"
#include "wrong.h"

void *aligned_alloc(size_t align, size_t size)
{
    bool far = align > 4096 && align <= SIZE_MAX / 2 + 1;

    if (!aligned_alloc_takes(align)) {
        errno = EINVAL;
        return NULL;
    }
    return __libc_memalign(far ? 4096 : align, size);
}
