/*
 * Freed blocks are forgotten. Must be found: no-memory, when the limit is
 * reached.
 */
/* trace: mixed.rep */
/* options: --heap-limit 1M */
/* expect: mixed.rep:\d+ */
#define OWN_FREE
#include "sound.h"

void mm_free(void *ptr)
{
    (void)ptr;
}
