/*
 * passes.overlaps-when-timed.c - an honest allocator by first fit, as long as
 * the channel says that the pass is checked. Else it only moves the break, and
 * from 4 KiB on starts again at the bottom, over live blocks.
 *
 * Now as before: the addresses of each pass are verified.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* measure: instructions */
/* before: no gain: overlap */
#define OWN_MALLOC
#define OWN_FREE
#define OWN_REALLOC
#include "channel_view.h"
#include "sound.h"

static struct channel *c;
static size_t next;

static int is_checked(void)
{
    if (!c)
        c = find_channel();
    return !c || c->command == COMMAND_CHECKED;
}

static void *bump(size_t size)
{
    if (next + size > 4096 || mem_heapsize() == 0)
        next = 0;
    if (next + size > mem_heapsize())
        mem_sbrk((intptr_t)round_up(next + size - mem_heapsize()));
    next += round_up(size);
    return (char *)mem_heap_lo() + next - round_up(size);
}

void *mm_malloc(size_t size)
{
    return is_checked() ? sound_malloc(size) : bump(size);
}

void mm_free(void *p)
{
    if (is_checked())
        sound_free(p);
}

void *mm_realloc(void *p, size_t size)
{
    return is_checked() ? sound_realloc(p, size) : bump(size);
}
