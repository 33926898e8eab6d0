/*
 * malloc ends in an assertion that fails. Must be found: crashed.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:\d+ */
/* expect: SIGABRT in .*, called by mm_malloc, crashed.abort.c:15 */
#define OWN_MALLOC
#include "sound.h"

#undef NDEBUG
#include <assert.h>

void *mm_malloc(size_t size)
{
    assert(size < 4096);
    return sound_malloc(size);
}
