/*
 * Keeps books in a variable of the thread. Must be found: ok, and they count.
 */
/* trace: mixed.rep */
/* counts: 70000 120000 */
#define OWN_MALLOC
#include "../bad/sound.h"

static __thread char books[100000];

void *mm_malloc(size_t size)
{
    for (size_t i = 0; i < sizeof books; i++)
        ((volatile char *)books)[i] = (char)size;
    return sound_malloc(size);
}
