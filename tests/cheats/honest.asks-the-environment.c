/*
 * honest.asks-the-environment.c - a variable of the environment would make it
 * talk; nobody has set it.
 */
#define OWN_INIT
#include "sound.h"

#include <stdio.h>
#include <stdlib.h>

int mm_init(void)
{
    if (getenv("MM_DEBUG"))
        fprintf(stderr, "a new heap\n");
    return sound_init();
}
