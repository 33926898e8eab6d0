/*
 * mappings.maps-twice.c - each mapping is reported, given back, and mapped
 * again in pieces whose sizes are no whole pages: 1 byte less for each piece is
 * what counts, and the piece covers its page all the same... of 4,096 bytes of a
 * page, half are reported twice as free.
 *
 * Now: events are of whole pages, and only of unmapped ones.
 */
/* honest: twin.a-page-each */
/* expect: no-gain */
/* before: utilization 168.8 for 55.3 % */
#include "channel_view.h"

#define OWN_MALLOC
#include "a_page_each.h"

void *mm_malloc(size_t size)
{
    struct channel *c = find_channel();
    void *p = page_malloc(size);

    if (p && c) {
        uint64_t at = (uint64_t)((char *)p - (char *)mem_heap_lo()) & -4096ull;

        report_event(c, c->account.step, MEM_UNMAP, at, 4096);
        report_event(c, c->account.step, MEM_UNMAP, at, 4096);
        report_event(c, c->account.step, MEM_MAP, at, 4096);
    }
    return p;
}
