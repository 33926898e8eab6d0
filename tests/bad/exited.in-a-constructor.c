/*
 * Leaves while it is being loaded. Must be found: exited; the driver goes on.
 */
/* trace: mixed.rep */
#include "sound.h"

#include <stdlib.h>

__attribute__((constructor)) static void leave(void)
{
    exit(0);
}
