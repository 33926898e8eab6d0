/*
 * realloc of an aligned block starts from its unaligned beginning. Must be
 * found.
 */
/* fails: aligned-blocks-can-be-resized */
#include "wrong.h"

enum { MARK = 64 };

static void *aligned[MARK];
static size_t last;

void *memalign(size_t align, size_t size)
{
    void *block = __libc_memalign(align, size);

    return aligned[last++ % MARK] = block;
}

static bool strike(void *block)
{
    for (int i = 0; block && i < MARK; i++)
        if (aligned[i] == block) {
            aligned[i] = NULL;
            return true;
        }
    return false;
}

void *realloc(void *block, size_t size)
{
    bool shift = size && strike(block);
    char *new = __libc_realloc(block, size);

    if (shift && new &&size > 16)
        memmove(new + 16, new, size - 16);
    return new;
}

void free(void *block)
{
    strike(block);
    __libc_free(block);
}
