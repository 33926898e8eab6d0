/*
 * channel.unmaps-4095-bytes.c - each block is a mapping. Behind the true event
 * of it, a false one says that 4,095 bytes were given back: no page, but nearly
 * one page less of footprint.
 *
 * Now: events have to be of whole pages.
 */
/* honest: twin.a-page-each */
/* expect: no-gain */
/* before: utilization 229.6 for 55.3 % */
#include "channel_view.h"

#define OWN_MALLOC
#include "a_page_each.h"

void *mm_malloc(size_t size)
{
    struct channel *c = find_channel();
    void *p = page_malloc(size);

    if (p && c)
        report_event(c, c->account.step, MEM_UNMAP, 0, 4095);
    return p;
}
