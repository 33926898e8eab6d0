/*
 * Can be initialised once in a process, and no more. Must be found: ok.
 */
/* trace: mixed.rep */
/* counts: 0 0 */
#define OWN_INIT
#include "../bad/sound.h"

#include <stdlib.h>

int mm_init(void)
{
    static int calls;

    if (calls++ > 0)
        abort();
    return sound_init();
}
