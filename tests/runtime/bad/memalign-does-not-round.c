/*
 * memalign takes an alignment that is no power of two for 16. Must be
 * found.
 */
/* fails: rounds-alignments-up */
#include "wrong.h"

void *memalign(size_t align, size_t size)
{
    return is_power(align) || align > SIZE_MAX / 2
               ? __libc_memalign(align, size)
               : __libc_malloc(size);
}
