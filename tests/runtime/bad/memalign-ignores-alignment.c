/*
 * memalign is malloc. Must be found.
 */
/* fails: aligns-to-every-power */
/* fails: rounds-alignments-up */
/* soak: not aligned as asked */
#include "wrong.h"

void *memalign(size_t align, size_t size)
{
    return align > SIZE_MAX / 2 ? __libc_memalign(align, size)
                                : __libc_malloc(size);
}
