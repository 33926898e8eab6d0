/*
 * lazy_realloc.h - the allocator of sound.h, whose realloc copies the contents
 * only where is_watched() says so: the file that includes this one defines it.
 */
#ifndef LAZY_REALLOC_H
#define LAZY_REALLOC_H

#define OWN_REALLOC
#include "sound.h"

static int is_watched(void *p, size_t size);

void *mm_realloc(void *p, size_t size)
{
    if (!p || size == 0 || block_of(p)->size >= size || is_watched(p, size))
        return sound_realloc(p, size);
    void *moved = sound_malloc(size);
    if (moved)
        sound_free(p);
    return moved;
}

#endif
