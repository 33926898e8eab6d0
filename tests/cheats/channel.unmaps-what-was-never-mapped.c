/*
 * channel.unmaps-what-was-never-mapped.c - an honest allocator whose every
 * request is followed by a false event: pages far away were given back.
 *
 * Now: only mapped pages can be unmapped.
 */
/* honest: twin.a-page-each */
/* expect: no-gain */
/* before: utilization 312.7 for 55.3 % */

#include "channel_view.h"

#define OWN_MALLOC
#include "a_page_each.h"

void *mm_malloc(size_t size)
{
    struct channel *c = find_channel();
    void *p = page_malloc(size);

    if (p && c)
        report_event(c, c->account.step, MEM_UNMAP, 0, (size + 4095) & -4096ul);
    return p;
}
