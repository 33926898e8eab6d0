/*
 * Reports changes of the heap without end. Must be found: too-slow.
 */
/* trace: mixed.rep */
/* options: -s 0.5 */
#define OWN_MALLOC
#include "../bad/sound.h"

void *mm_malloc(size_t size)
{
    for (;;) {
        mem_sbrk((intptr_t)(16 + size % 2));
        mem_sbrk(-(intptr_t)(16 + size % 2));
    }
}
