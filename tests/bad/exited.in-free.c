/*
 * free ends the process with status 3. Must be found: exited.
 */
/* trace: mixed.rep */
/* expect: \b3\b */
#define OWN_FREE
#include "sound.h"

#include <unistd.h>

void mm_free(void *ptr)
{
    sound_free(ptr);
    _exit(3);
}
