/*
 * Says with a free that the break went down, and keeps what lies there. Must be
 * found: out-of-heap.
 */
/* trace: mixed.rep */
/* expect: gave back memory in which a live block is */
#define OWN_FREE
#include "channel_finder.h"

void mm_free(void *ptr)
{
    struct channel *c = find_channel();
    struct mem_account *a = c ? &c->account : NULL;

    if (a && a->event_count < MEM_EVENTS)
        a->events[a->event_count++] = (struct mem_event){
            .step = a->step, .kind = MEM_BRK, .at = 0, .size = a->brk};
    sound_free(ptr);
}
