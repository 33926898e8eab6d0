/*
 * slow.h - an honest allocator with a slow free: it clears the block's memory
 * and walks over the free list, as a careful student may do. The file that
 * includes this one says when that work is done: it defines later(), which is
 * given the work's block, and calls work() on it.
 */
#ifndef SLOW_H
#define SLOW_H

#define OWN_FREE
#include "sound.h"

enum { WALKS = 40 };

static volatile size_t walked;

/* Bring the list into the order of sizes, as far as one walk does. */
static void work(void *p)
{
    for (int i = 0; i < WALKS; i++)
        for (struct block *b = free_list; b; b = b->next_free)
            walked += b->size;
    sound_free(p);
}

static void later(void *p);

void mm_free(void *p)
{
    if (p)
        later(p);
}

#endif
