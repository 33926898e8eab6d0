/*
 * mm_init asks for all the memory there is and some more. Must be found:
 * init-failed.
 */
/* trace: mixed.rep */
/* options: --heap-limit 16M */
#define OWN_INIT
#include "sound.h"

int mm_init(void)
{
    if (mem_sbrk(17 << 20) == (void *)-1)
        return -1;
    return sound_init();
}
