/*
 * Writes the epilogue of a classic heap, 8 bytes, and did not ask for them.
 * Must be found: wrote-past-heap.
 */
/* trace: small.rep */
#define OWN_MALLOC
#include "sound.h"

void *mm_malloc(size_t size)
{
    void *payload = sound_malloc(size);

    *(uint64_t *)heap_end() = 1;
    return payload;
}
