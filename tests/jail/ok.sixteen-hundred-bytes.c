/*
 * 1,600 bytes of variables, and a table of constants of many pages. Must be
 * found: ok.
 */
/* trace: mixed.rep */
/* counts: 0 0 */
#define OWN_MALLOC
#include "../bad/sound.h"

static size_t counts[200];
static const unsigned char class_of[16384] = {[1] = 1, [2] = 1, [9000] = 3};

void *mm_malloc(size_t size)
{
    counts[class_of[size % sizeof class_of] % 200]++;
    counts[size % 200]++;
    return sound_malloc(size);
}
