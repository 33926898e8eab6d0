/*
 * honest.setjmp.c - leaves the search for a block by longjmp, as a student may
 * who has just learnt of it.
 */
#define OWN_MALLOC
#include "sound.h"

#include <setjmp.h>

static jmp_buf found;
static struct block **where;

static void search(size_t size)
{
    for (struct block **link = &free_list; *link; link = &(*link)->next_free)
        if ((*link)->size >= size) {
            where = link;
            longjmp(found, 1);
        }
}

void *mm_malloc(size_t size)
{
    if (size == 0)
        return NULL;
    if (setjmp(found) == 0) {
        search(round_up(size));
        return sound_malloc(size);
    }
    struct block *b = *where;
    *where = b->next_free;
    return payload_of(b);
}
