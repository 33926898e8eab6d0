/*
 * Says that memory was given back which it still uses. Must be found: tampered.
 */
/* trace: mixed.rep */
/* expect: reported that it unmapped pages that are not mapped */
#define OWN_MALLOC
#include "channel_finder.h"

void *mm_malloc(size_t size)
{
    struct channel *c = find_channel();
    struct mem_account *a = c ? &c->account : NULL;
    void *p = sound_malloc(size);

    if (a && a->event_count < MEM_EVENTS)
        a->events[a->event_count++] = (struct mem_event){
            .step = a->step, .kind = MEM_UNMAP, .at = 1 << 20, .size = 65536};
    return p;
}
