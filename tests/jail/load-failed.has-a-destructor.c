/*
 * Runs when all is over. Must be found: load-failed.
 */
/* trace: mixed.rep */
/* expect: has destructors */
#include "../bad/sound.h"

__attribute__((destructor)) static void end(void)
{
    free_list = NULL;
}
