/*
 * endless.constructor.c - a constructor never returns: the object is loaded for
 * ever.
 *
 * Now: an object with constructors is refused.
 */
/* honest: twin.sound */
/* expect: refused|load-failed|tampered|hung */
/* before: no gain: hung */
#include "sound.h"

#include <unistd.h>

__attribute__((constructor)) static void wait_for_ever(void)
{
    for (;;)
        sleep(1);
}
