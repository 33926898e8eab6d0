/*
 * mm_init works once and fails from the second replay on. Must be found:
 * init-failed.
 */
/* trace: mixed.rep */
#define OWN_INIT
#include "sound.h"

int mm_init(void)
{
    static int calls;

    return calls++ == 0 ? sound_init() : -1;
}
