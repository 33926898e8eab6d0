/*
 * classic.c - a hand-in in the manner of the classic lab: int mm_init, a team,
 * 8-byte alignment, 4-byte headers, and a free list whose links are pointers
 * squeezed into 4-byte words. Works where the heap lies below 4 GiB.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memlib.h"
#include "mm.h"

team_t team = {"ateam", "A Student", "a@example.org", "", ""};

static unsigned first_free; /* the low 32 bits of its address */

static unsigned *header(void *p) { return (unsigned *)p - 1; }
static unsigned *link_of(void *p) { return (unsigned *)p; }
static void *pointer(unsigned word) { return (void *)(long)(int)word; }

int mm_init(void)
{
    first_free = 0;
    return mem_sbrk(4) == (void *)-1 ? -1 : 0;
}

void *mm_malloc(size_t size)
{
    unsigned need = (unsigned)((size + 4 + 7) / 8 * 8), *from = &first_free;
    void *p;

    if (size == 0 || size > 1u << 30)
        return NULL;
    for (p = pointer(first_free); p; from = link_of(p), p = pointer(*from))
        if (*header(p) >= need) {
            *from = *link_of(p);
            return p;
        }
    p = mem_sbrk(need);
    if (p == (void *)-1)
        return NULL;
    *(unsigned *)p = need; /* the break is 4 before a multiple of 8 */
    return (char *)p + 4;
}

void mm_free(void *p)
{
    if (!p)
        return;
    *link_of(p) = first_free;
    first_free = (unsigned)(unsigned long)p;
}

void *mm_realloc(void *p, size_t size)
{
    void *q;

    if (!p)
        return mm_malloc(size);
    if (size == 0) {
        mm_free(p);
        return NULL;
    }
    if (*header(p) >= size + 4)
        return p;
    q = mm_malloc(size);
    if (!q)
        return NULL;
    memcpy(q, p, *header(p) - 4);
    mm_free(p);
    return q;
}

/* A checker of its own, with a signature of its own. */
int mm_check(void)
{
    return 1;
}
