/*
 * honest.gives-memory-back.c - large blocks are mappings of their own, which
 * free gives back, and a block grows by a new mapping.
 */
/* measure: instructions */
#define OWN_MALLOC
#define OWN_FREE
#define OWN_REALLOC
#include "sound.h"

enum { LARGE = 4096 };

static int is_large(void *p)
{
    return (uintptr_t)p % 4096 == sizeof(struct block) &&
           block_of(p)->size >= LARGE;
}

void *mm_malloc(size_t size)
{
    if (size < LARGE)
        return sound_malloc(size);
    size_t room = (size + sizeof(struct block) + 4095) & -4096ul;
    struct block *b = mem_map(room);
    if (!b)
        return NULL;
    b->size = room - sizeof *b;
    b->next_free = b; /* the mark of a mapping */
    return payload_of(b);
}

void mm_free(void *p)
{
    if (p && is_large(p) && block_of(p)->next_free == block_of(p))
        mem_unmap(block_of(p), block_of(p)->size + sizeof(struct block));
    else
        sound_free(p);
}

void *mm_realloc(void *p, size_t size)
{
    if (p && size && block_of(p)->size >= size)
        return p;
    void *q = mm_malloc(size);
    if (p && q)
        memcpy(q, p, block_of(p)->size < size ? block_of(p)->size : size);
    mm_free(p);
    return q;
}
