/*
 * Forks and exits; the child lives on for a while, with every file open that
 * a judge might be waiting at. Must be found: exited, before the child ends.
 */
/* trace: mixed.rep */
#define OWN_MALLOC
#include "sound.h"

#include <unistd.h>

void *mm_malloc(size_t size)
{
    (void)size;
    if (fork() == 0)
        sleep(15);
    _exit(0);
}
