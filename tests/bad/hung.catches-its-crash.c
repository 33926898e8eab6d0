/*
 * Handles its own SIGSEGV by returning, to the instruction that crashes. Must
 * be found: hung.
 */
/* trace: mixed.rep */
/* options: -s 0.3 */
#define OWN_MALLOC
#include "sound.h"

#include <signal.h>

static size_t *volatile nowhere;

static void carry_on(int number)
{
    (void)number;
}

void *mm_malloc(size_t size)
{
    signal(SIGSEGV, carry_on);
    *nowhere = size;
    return sound_malloc(size);
}
