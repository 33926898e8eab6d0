/*
 * malloc returns NULL and does not say why. Must be found.
 */
/* fails: refuses-what-cannot-be */
/* fails: no-memory-is-survived */
#include "wrong.h"

void *malloc(size_t size)
{
    int error = errno;
    void *block = __libc_malloc(size);

    errno = error;
    return block;
}
