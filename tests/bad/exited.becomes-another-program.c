/*
 * malloc replaces the process by one that does nothing, successfully. Must be
 * found: exited.
 */
/* trace: mixed.rep */
#define OWN_MALLOC
#include "sound.h"

#include <unistd.h>

void *mm_malloc(size_t size)
{
    execl("/bin/sh", "sh", "-c", "exit 0", (char *)NULL);
    return sound_malloc(size);
}
