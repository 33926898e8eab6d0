/*
 * a_page_each.h - each block is a mapping of its own, of whole pages: an honest
 * and wasteful allocator, to be spoilt. The first 16 bytes of a mapping have its
 * size.
 */
#ifndef A_PAGE_EACH_H
#define A_PAGE_EACH_H

#include "memlib.h"
#include "mm.h"

#include <stdint.h>
#include <string.h>

enum { HEADER = 16 };

static inline size_t *header_of(void *p)
{
    return (size_t *)((char *)p - HEADER);
}

static inline void *page_malloc(size_t size)
{
    size_t room = (size + HEADER + 4095) & -(size_t)4096;
    size_t *header = size ? mem_map(room) : NULL;

    if (!header)
        return NULL;
    *header = room;
    return (char *)header + HEADER;
}

static inline void page_free(void *p)
{
    if (p)
        mem_unmap(header_of(p), *header_of(p));
}

#ifndef OWN_INIT
int mm_init(void)
{
    return 0;
}
#endif

#ifndef OWN_MALLOC
void *mm_malloc(size_t size)
{
    return page_malloc(size);
}
#endif

#ifndef OWN_FREE
void mm_free(void *p)
{
    page_free(p);
}
#endif

void *mm_realloc(void *p, size_t size)
{
    void *q = mm_malloc(size);

    if (p && q) {
        size_t old = *header_of(p) - HEADER;

        memcpy(q, p, old < size ? old : size);
    }
    mm_free(p);
    return q;
}

#endif
