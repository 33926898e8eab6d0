/*
 * mm_init never returns. Must be found: hung.
 */
/* trace: mixed.rep */
/* options: -s 0.3 */
/* expect: mm_init */
#define OWN_INIT
#include "sound.h"

#include <unistd.h>

int mm_init(void)
{
    for (;;)
        pause();
}
