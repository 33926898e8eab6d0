/*
 * mm_init writes through NULL. Must be found: crashed.
 */
/* trace: mixed.rep */
/* expect: mm_init */
#define OWN_INIT
#include "sound.h"

static int *volatile nowhere;

int mm_init(void)
{
    *nowhere = 1;
    return 0;
}
