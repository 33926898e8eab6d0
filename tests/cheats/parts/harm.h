/*
 * harm.h - the allocator of sound.h, which does harm() once, in mm_init: the
 * file that includes this one defines it.
 */
#ifndef HARM_H
#define HARM_H

#define OWN_INIT
#include "sound.h"

static void harm(void);

int mm_init(void)
{
    static int done;

    if (!done++)
        harm();
    return sound_init();
}

#endif
