/*
 * Every free looks at the first byte after the last page of the heap, as if a
 * header stood there. Must be found: ok, with a note.
 */
/* trace: mixed.rep */
/* note: mixed.rep:\d+: f \d+ accesses 0x[0-9a-f]+, past the end of the heap */
/* note: in mm_free, ok.reads-past-the-break.c:\d+; */
#define OWN_FREE
#include "sound.h"

void mm_free(void *ptr)
{
    size_t page = mem_pagesize(), size = mem_heapsize();
    volatile char *end = (char *)mem_heap_lo() + (size + page - 1) / page * page;

    if (*end == 0)
        sound_free(ptr);
}
