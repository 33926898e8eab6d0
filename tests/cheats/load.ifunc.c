/*
 * load.ifunc.c - the resolver of an indirect function runs while the object is
 * loaded, and there is no constructor. It plays the worker.
 *
 * Now: an object with indirect functions is refused.
 */
/* honest: naive */
/* expect: refused|load-failed|tampered */
/* before: utilization 21.9 for 16.4 % */
#include "play_bump.h"

static void (*resolve(void))(void)
{
    play_bump();
    return NULL;
}

void chosen(void) __attribute__((ifunc("resolve")));

#include "sound.h"
