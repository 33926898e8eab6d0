/*
 * Blocks of 8 KiB and more get a mapping each and give it back when they are
 * freed. Must be found: ok.
 */
/* trace: mixed.rep realloc.rep */
#define OWN_MALLOC
#define OWN_FREE
#define OWN_REALLOC
#include "sound.h"

enum { LARGE = 8192 };

void *mm_malloc(size_t size)
{
    if (size < LARGE)
        return sound_malloc(size);
    struct block *b = mem_map(sizeof *b + size);
    if (!b)
        return NULL;
    b->size = round_up(size);
    return payload_of(b);
}

void mm_free(void *ptr)
{
    if (ptr && (char *)ptr >= heap_end())
        mem_unmap(block_of(ptr), sizeof(struct block) + block_of(ptr)->size);
    else
        sound_free(ptr);
}

void *mm_realloc(void *ptr, size_t size)
{
    if (!ptr || (size < LARGE && (char *)ptr < heap_end()))
        return sound_realloc(ptr, size);
    void *moved = mm_malloc(size);
    size_t old = block_of(ptr)->size;
    if (!moved)
        return NULL;
    memcpy(moved, ptr, old < size ? old : size);
    mm_free(ptr);
    return moved;
}
