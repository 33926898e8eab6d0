/*
 * free stops its own process, as ^Z would. Must be found: hung.
 */
/* trace: mixed.rep */
/* options: -s 0.3 */
#define OWN_FREE
#include "sound.h"

#include <signal.h>

void mm_free(void *ptr)
{
    sound_free(ptr);
    raise(SIGSTOP);
}
