/*
 * Closes every file that may be open, the driver's among them. Must be found:
 * tampered.
 */
/* trace: mixed.rep */
#define OWN_INIT
#include "sound.h"

#include <unistd.h>

int mm_init(void)
{
    for (int file = 0; file < 1024; file++)
        close(file);
    return sound_init();
}
