/*
 * load.ifunc.c - the resolver of an indirect function runs while the object is
 * loaded, and there is no constructor. It plays the worker.
 *
 * Now: an object with indirect functions is refused.
 */
/* honest: twin.sound */
/* expect: refused|load-failed|tampered */
/* before: judged ok, with addresses of its own */
#include "play_bump.h"

static void (*resolve(void))(void)
{
    play_bump();
    return NULL;
}

void chosen(void) __attribute__((ifunc("resolve")));

#include "sound.h"
