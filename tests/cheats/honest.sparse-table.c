/*
 * honest.sparse-table.c - a table of 1 MiB, with an entry for each page that
 * the heap might have. Small traces touch one page of it.
 */
#define OWN_MALLOC
#include "sound.h"

static volatile unsigned char table[1 << 20];

void *mm_malloc(size_t size)
{
    void *p = sound_malloc(size);

    if (p)
        table[((uintptr_t)p - (uintptr_t)mem_heap_lo()) >> 12] = 1;
    return p;
}
