/*
 * The audit is content until the 50th free. Must be found: bad-heap, at the
 * operation after which it was not any more.
 */
/* trace: small.rep */
/* options: -d 2 */
/* expect: small.rep:\d+ */
#define OWN_INIT
#define OWN_FREE
#include "sound.h"

static int frees;

int mm_init(void)
{
    frees = 0;
    return sound_init();
}

void mm_free(void *ptr)
{
    frees++;
    sound_free(ptr);
}

int mm_audit(void)
{
    return frees < 50 ? 0 : 7;
}
