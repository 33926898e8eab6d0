/* honest.static-data-1000.c - has 1,000 bytes of static data, all in use. */
#define OWN_INIT
#include "sound.h"

static unsigned char last[960];

int mm_init(void)
{
    memset(last, 1, sizeof last);
    return sound_init();
}
