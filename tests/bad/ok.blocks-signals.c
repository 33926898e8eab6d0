/*
 * Sound, but blocks and ignores every signal. Must be found: ok; the judge
 * does not depend on signals reaching it.
 */
/* trace: mixed.rep */
#define OWN_INIT
#include "sound.h"

#include <signal.h>

int mm_init(void)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    for (int number = 1; number < 32; number++)
        signal(number, SIG_IGN);
    return sound_init();
}
