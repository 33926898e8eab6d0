/*
 * free sleeps and burns no time of the processor. Must be found: hung.
 */
/* trace: mixed.rep */
/* options: -s 0.3 */
#define OWN_FREE
#include "sound.h"

#include <unistd.h>

void mm_free(void *ptr)
{
    (void)ptr;
    for (;;)
        pause();
}
