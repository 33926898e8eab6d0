/*
 * The first free writes through NULL. Must be found: crashed.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:\d+ */
#define OWN_FREE
#include "sound.h"

static void **volatile nowhere;

void mm_free(void *ptr)
{
    *nowhere = ptr;
}
