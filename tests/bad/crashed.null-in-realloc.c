/*
 * realloc reads through NULL. Must be found: crashed.
 */
/* trace: realloc.rep */
/* expect: realloc.rep:\d+ */
#define OWN_REALLOC
#include "sound.h"

static struct block *volatile nowhere;

void *mm_realloc(void *ptr, size_t size)
{
    return sound_realloc(ptr, size + nowhere->size);
}
