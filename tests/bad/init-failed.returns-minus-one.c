/*
 * mm_init fails for no reason. Must be found: init-failed.
 */
/* trace: mixed.rep */
/* expect: mm_init */
#define OWN_INIT
#include "sound.h"

int mm_init(void)
{
    return -1;
}
