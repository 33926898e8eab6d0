/*
 * Every 1000th malloc of a thread returns the block before, which is live.
 * Must be found.
 */
/* soak: byte|signal */
#include "wrong.h"

static __thread void *last;
static __thread unsigned count;

void *malloc(size_t size)
{
    bool again = !__libc_single_threaded && ++count % 1000 == 0;

    if (again && last && size <= libc_usable_size(last))
        return last;
    return last = __libc_malloc(size);
}

void free(void *block)
{
    if (block == last)
        last = NULL;
    __libc_free(block);
}
