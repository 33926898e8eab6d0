/*
 * aligned_alloc aligns up to a page and no further. Must be found.
 */
/* fails: aligns-to-every-power */
#include "wrong.h"

void *aligned_alloc(size_t align, size_t size)
{
    bool far = align > 4096 && align <= SIZE_MAX / 2 + 1;

    return __libc_memalign(far ? 4096 : align, size);
}
