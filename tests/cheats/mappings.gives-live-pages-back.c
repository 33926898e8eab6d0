/*
 * mappings.gives-live-pages-back.c - each block is a mapping of its own, which
 * is reported as given back by the next call, while the block is live. Every
 * event is lawful: it maps unmapped pages or unmaps mapped ones. At the end of
 * the batch the blocks that are left are mapped once more, so that the judge
 * finds no stray bytes.
 *
 * Now: a live block in memory that was given back is a verdict.
 */
/* honest: twin.a-page-each */
/* expect: no-gain */
/* before: utilization 312.7 for 55.3 % */

#include "channel_view.h"

#define OWN_INIT
#define OWN_MALLOC
#define OWN_FREE
#include "a_page_each.h"

#include <sys/mman.h>

static char *next, *last;    /* where mappings go; the newest */
static char *live[64];       /* mappings of live blocks */

static void report(struct channel *c, uint32_t kind, char *mapping)
{
    report_event(c, c->account.step, kind,
                 (uint64_t)(mapping - (char *)mem_heap_lo()),
                 *(size_t *)mapping);
}

static char **place_of(char *mapping)
{
    for (int i = 0; i < 63; i++)
        if (live[i] == mapping)
            return &live[i];
    return &live[63];
}

static void leave_no_trace(struct channel *c)
{
    if (c->account.step + 1 < c->count)
        return;
    for (int i = 0; i < 63; i++)
        if (live[i] && live[i] != last)
            report(c, MEM_MAP, live[i]);
}

int mm_init(void)
{
    next = (char *)mem_heap_lo() + (1 << 20);
    last = NULL;
    memset(live, 0, sizeof live);
    return 0;
}

void *mm_malloc(size_t size)
{
    size_t room = (size + HEADER + 4095) & -(size_t)4096;
    struct channel *c = find_channel();

    if (size == 0 || !c)
        return NULL;
    mprotect(next, room, PROT_READ | PROT_WRITE);
    if (last)
        report(c, MEM_UNMAP, last);
    last = next;
    next += room;
    *(size_t *)last = room;
    report(c, MEM_MAP, last);
    *place_of(NULL) = last;
    leave_no_trace(c);
    return last + HEADER;
}

void mm_free(void *p)
{
    if (!p)
        return;
    char *mapping = (char *)header_of(p);
    if (mapping == last) {
        report(find_channel(), MEM_UNMAP, last);
        last = NULL;
    }
    *place_of(mapping) = NULL;
    memset(mapping, 0, *(size_t *)mapping);
    leave_no_trace(find_channel());
}
