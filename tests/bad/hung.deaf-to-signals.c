/*
 * Blocks every signal and then loops: nothing less than SIGKILL ends it. Must
 * be found: hung.
 */
/* trace: mixed.rep */
/* options: -s 0.3 */
#define OWN_MALLOC
#include "sound.h"

#include <signal.h>
#include <unistd.h>

void *mm_malloc(size_t size)
{
    sigset_t all;

    (void)size;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    for (int number = 1; number < 32; number++)
        signal(number, SIG_IGN);
    for (;;)
        pause();
}
