/*
 * free sends SIGKILL to its own process. Must be found: crashed.
 */
/* trace: mixed.rep */
/* expect: SIGKILL */
#define OWN_FREE
#include "sound.h"

#include <signal.h>

void mm_free(void *ptr)
{
    sound_free(ptr);
    raise(SIGKILL);
}
