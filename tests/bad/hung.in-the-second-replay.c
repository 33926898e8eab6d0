/*
 * mm_init returns the first time only. Must be found: hung.
 */
/* trace: mixed.rep */
/* options: -s 0.3 */
#define OWN_INIT
#include "sound.h"

#include <unistd.h>

int mm_init(void)
{
    static int calls;

    while (calls > 0)
        pause();
    calls++;
    return sound_init();
}
