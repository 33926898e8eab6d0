/*
 * Writes through NULL while it is being loaded. Must be found: crashed; the
 * driver goes on.
 */
/* trace: mixed.rep */
#include "sound.h"

static int *volatile nowhere;

__attribute__((constructor)) static void fall(void)
{
    *nowhere = 1;
}
