/*
 * memalign doubles an alignment until it is enough, which it never is. Must
 * be found.
 */
/* fails: refuses-endless-alignments */
#include "wrong.h"

void *memalign(size_t align, size_t size)
{
    for (volatile size_t power = 1; power < align; power *= 2)
        if (power == 0) /* from here on nothing will change */
            return NULL;
    return __libc_memalign(align, size);
}
