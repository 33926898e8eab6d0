/*
 * realloc copies nothing where payloads are not filled. Must be found:
 * data-lost.
 */
/* trace: realloc.rep */
/* options: --no-timing */
#define OWN_REALLOC
#include "channel_finder.h"

void *mm_realloc(void *ptr, size_t size)
{
    struct channel *c = find_channel();

    if (!ptr || size == 0 || !c || c->command != COMMAND_TIMED)
        return sound_realloc(ptr, size);
    void *moved = sound_malloc(size);
    sound_free(ptr);
    return moved;
}
