/*
 * A trace of its own calls is left in, on both files. Must be found: ok.
 */
/* trace: mixed.rep */
/* counts: 0 0 */
#define OWN_MALLOC
#include "../bad/sound.h"

#include <stdio.h>

void *mm_malloc(size_t size)
{
    void *p = sound_malloc(size);

    printf("malloc(%zu) = %p %.2f\n", size, p, (double)size / 3);
    fprintf(stderr, "%zu bytes of heap\n", mem_heapsize());
    return p;
}
