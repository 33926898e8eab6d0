/*
 * endless.slow-answers.c - sleeps 0.3 seconds in each call: no operation hangs,
 * and hardly any CPU time is used.
 *
 * Now: sleeping is refused, or the limit of wall-clock time holds.
 */
/* honest: twin.sound */
/* expect: too-slow|tampered */
/* before: no gain: too-slow */
#define OWN_MALLOC
#include "sound.h"

#include <unistd.h>

void *mm_malloc(size_t size)
{
    usleep(300000);
    return sound_malloc(size);
}
