/*
 * Sizes and alignments are kept in four bytes. Must be found.
 */
/* fails: serves-more-than-4-gib */
/* fails: aligns-to-gibibytes */
#include "wrong.h"

void *malloc(size_t size)
{
    if (size > PTRDIFF_MAX || size <= UINT32_MAX)
        return __libc_malloc(size);
    errno = ENOMEM;
    return NULL;
}

int posix_memalign(void **block, size_t align, size_t size)
{
    if (!is_power(align) || align % sizeof(void *) != 0)
        return EINVAL;
    int error = errno;
    void *new = align > 1 << 30 ? NULL : __libc_memalign(align, size);
    errno = error;
    if (!new)
        return ENOMEM;
    *block = new;
    return 0;
}
