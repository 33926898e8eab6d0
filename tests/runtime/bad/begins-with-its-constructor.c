/*
 * malloc returns NULL until the library's constructor has run. Must be found.
 */
/* fails: serves-before-main library-loaded-later */
#include "wrong.h"

static volatile bool begun; /* else clang sets it beforehand */

__attribute__((constructor)) static void begin(void)
{
    begun = true;
}

void *malloc(size_t size)
{
    return begun ? __libc_malloc(size) : NULL;
}
