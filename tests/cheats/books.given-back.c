/*
 * books.given-back.c - the books lie in pages that were given back to memlib.
 * The judge looks for stray writes at the end of a pass, and the channel says
 * when that is: the last operation of the batch wipes them.
 *
 * Now: stray writes are looked for at random moments, after each batch.
 */
/* honest: twin.books */
/* expect: no-gain */
/* before: utilization 81.6 for 48.6 % */

#include "channel_view.h"

#define OWN_CALLS
#include "books.h"

#include <sys/mman.h>

enum { SIZE = 1 << 20 };

static char *room;
static size_t taken;
static uint32_t calls; /* in this batch */

static void *books_take(size_t size)
{
    if (!room) {
        room = mem_map(4096); /* where such pages are; far below lies room */
        mem_unmap(room, 4096);
        room -= 8 << 20;
        mprotect(room, SIZE, PROT_READ | PROT_WRITE);
    }
    taken += size;
    return room + taken - size;
}

static void wipe_at_the_end(void)
{
    struct channel *c = find_channel();

    if (!c || ++calls < c->count || !room)
        return;
    memset(room, 0, SIZE);
    taken = calls = 0;
    room = NULL;
}

void *mm_malloc(size_t size)
{
    void *p = books_malloc(size);

    wipe_at_the_end();
    return p;
}

void mm_free(void *p)
{
    books_free(p);
    wipe_at_the_end();
}

void *mm_realloc(void *p, size_t size)
{
    void *q = books_realloc(p, size);

    wipe_at_the_end();
    return q;
}
