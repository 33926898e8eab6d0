/*
 * Makes its tables with the first request. Must be found: ok.
 */
/* trace: mixed.rep */
/* counts: 0 0 */
#define OWN_INIT
#define OWN_MALLOC
#include "../bad/sound.h"

enum { CLASSES = 64 };

static unsigned classes[CLASSES];
static int is_ready;

int mm_init(void)
{
    is_ready = 0;
    return sound_init();
}

void *mm_malloc(size_t size)
{
    for (unsigned i = 0; !is_ready && i < CLASSES; i++)
        classes[i] = i * i;
    is_ready = 1;
    return sound_malloc(size + classes[0]);
}
