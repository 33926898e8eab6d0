/*
 * Every 20th request gets the block of the request before, still in use.
 * Must be found: overlap.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:\d+ */
#define OWN_MALLOC
#define OWN_FREE
#include "sound.h"

static void *last;
static int requests;

void *mm_malloc(size_t size)
{
    if (++requests >= 20 && last && block_of(last)->size >= size) {
        requests = 0;
        return last;
    }
    return last = sound_malloc(size);
}

void mm_free(void *ptr)
{
    if (ptr == last)
        last = NULL;
    sound_free(ptr);
}
