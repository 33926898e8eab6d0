/*
 * malloc_usable_size tells 16 bytes too many. Must be found.
 */
/* fails: usable-bytes-are-the-programs */
#include "wrong.h"

size_t malloc_usable_size(void *block)
{
    return block ? libc_usable_size(block) + 16 : 0;
}
