/*
 * Runs before the last filter is there. Must be found: load-failed.
 */
/* trace: mixed.rep */
/* expect: has constructors */
#include "../bad/sound.h"

__attribute__((constructor)) static void begin(void)
{
    free_list = NULL;
}
