/*
 * Once it was refused memory, it refuses everything. Must be found.
 */
/* fails: no-memory-is-survived */
#include "wrong.h"

void *malloc(size_t size)
{
    static bool refused;
    void *block = refused ? NULL : __libc_malloc(size);

    if (!block && size < PTRDIFF_MAX)
        refused = true;
    return block;
}
