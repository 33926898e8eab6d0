/*
 * honest.deep-recursion.c - looks for the best fit by recursion along the free
 * list, some hundred frames deep.
 */
#define OWN_MALLOC
#include "sound.h"

static struct block *better(struct block *a, struct block *b, size_t size)
{
    if (!a || a->size < size)
        return b && b->size >= size ? b : NULL;
    return !b || b->size < size || a->size <= b->size ? a : b;
}

static __attribute__((noinline)) struct block *best(struct block *b,
                                                    size_t size)
{
    volatile char frame[200];

    frame[0] = 0;
    if (!b)
        return NULL;
    struct block *found = better(b, best(b->next_free, size), size);
    frame[1] = frame[0];
    return found;
}

void *mm_malloc(size_t size)
{
    size_t need = round_up(size);
    struct block *b = size ? best(free_list, need) : NULL;

    if (!b)
        return size ? sound_malloc(size) : NULL;
    for (struct block **link = &free_list; *link; link = &(*link)->next_free)
        if (*link == b) {
            *link = b->next_free;
            break;
        }
    return payload_of(b);
}
