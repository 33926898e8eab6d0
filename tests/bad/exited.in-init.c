/*
 * mm_init calls exit(1) instead of returning -1. Must be found: exited.
 */
/* trace: mixed.rep */
#define OWN_INIT
#include "sound.h"

#include <stdlib.h>

int mm_init(void)
{
    exit(1);
}
