/*
 * A large request gives the last large block's pages back, in use or not, and
 * gets the same ones. Must be found: overlap.
 */
/* trace: calloc.rep */
/* expect: calloc.rep:\d+ */
#define OWN_INIT
#define OWN_MALLOC
#define OWN_FREE
#include "sound.h"

enum { LARGE = 8192, MAPPING = 128 * 1024 };

static char *mapping;

int mm_init(void)
{
    mapping = NULL;
    return sound_init();
}

void *mm_malloc(size_t size)
{
    if (size < LARGE)
        return sound_malloc(size);
    if (mapping)
        mem_unmap(mapping, MAPPING);
    return mapping = mem_map(MAPPING);
}

void mm_free(void *ptr)
{
    if ((char *)ptr < heap_end())
        sound_free(ptr);
}
