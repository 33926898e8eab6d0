/*
 * Keeps a copy of its free list in the channel, where no step is, and trusts
 * it. The judge clears it. Must be found: crashed.
 */
/* trace: mixed.rep */
#define OWN_MALLOC
#include "channel_finder.h"

#include <stdlib.h>

void *mm_malloc(size_t size)
{
    struct channel *c = find_channel();
    uint64_t *book = c ? (uint64_t *)((char *)c + channel_log_offset()) + 9000
                       : NULL;
    static int requests;

    if (book && requests > 0 && *book != (uint64_t)requests)
        abort();
    requests++;
    if (book)
        *book = (uint64_t)requests;
    return sound_malloc(size);
}
