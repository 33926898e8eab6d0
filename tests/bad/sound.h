/*
 * sound.h - a small allocator with nothing wrong in it, for every file of
 * tests/bad to spoil in one way.
 *
 *      in use                    free
 *      +------+-----------+      +------+-----------+
 *      | size |           |      | size | next free |     16 bytes
 *      +------+-----------+      +------+-----------+
 *      | payload          |      |                  |     size bytes, a
 *      | ...              |      |                  |     multiple of 16
 *      +------------------+      +------------------+
 *
 * The heap is a row of such blocks. Freed ones go onto a list and are taken
 * from it first fit, whole: no block is ever split or merged. The link lies in
 * the header, so that a payload is touched by its owner and nobody else.
 *
 * A file that brings a function of mm.h itself says so with one of OWN_INIT,
 * OWN_MALLOC, OWN_FREE, OWN_REALLOC, OWN_CALLOC, OWN_MEMALIGN; the others are
 * defined at the end of this file.
 */
#ifndef SOUND_H
#define SOUND_H

#include "memlib.h"
#include "mm.h"

#include <string.h>

enum { ALIGNMENT = 16 };

struct block {
    _Alignas(ALIGNMENT) size_t size;
    struct block *next_free;
};

_Static_assert(sizeof(struct block) == ALIGNMENT, "a header is 16 bytes");

static struct block *free_list;

static inline size_t round_up(size_t size)
{
    return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

static inline struct block *block_of(void *payload)
{
    return (struct block *)payload - 1;
}

static inline char *payload_of(struct block *b)
{
    return (char *)(b + 1);
}

static inline char *heap_end(void)
{
    return (char *)mem_heap_lo() + mem_heapsize();
}

/* The block behind b, or NULL where b is the heap's last. */
static inline struct block *block_after(struct block *b)
{
    char *end = payload_of(b) + b->size;

    return end < heap_end() ? (struct block *)end : NULL;
}

static inline struct block *take_free(size_t align, size_t size)
{
    for (struct block **link = &free_list; *link; link = &(*link)->next_free) {
        struct block *b = *link;

        if (b->size >= size && (uintptr_t)payload_of(b) % align == 0) {
            *link = b->next_free;
            return b;
        }
    }
    return NULL;
}

static inline struct block *append_block(size_t align, size_t size)
{
    uintptr_t payload = (uintptr_t)heap_end() + sizeof(struct block);
    size_t gap = (0 - payload) % align;
    char *start = mem_sbrk((intptr_t)(gap + sizeof(struct block) + size));

    if (start == (void *)-1)
        return NULL;
    struct block *b = (struct block *)(start + gap);
    b->size = size;
    return b;
}

static inline int sound_init(void)
{
    free_list = NULL;
    return 0;
}

static inline void *sound_memalign(size_t align, size_t size)
{
    size_t rounded = round_up(size ? size : 1);
    struct block *b;

    if (size > PTRDIFF_MAX / 2 || align > PTRDIFF_MAX / 2)
        return NULL;
    if (align < ALIGNMENT)
        align = ALIGNMENT;
    b = take_free(align, rounded);
    if (!b)
        b = append_block(align, rounded);
    return b ? payload_of(b) : NULL;
}

static inline void *sound_malloc(size_t size)
{
    return sound_memalign(ALIGNMENT, size);
}

static inline void sound_free(void *ptr)
{
    if (!ptr)
        return;
    block_of(ptr)->next_free = free_list;
    free_list = block_of(ptr);
}

static inline void *sound_calloc(size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return NULL;
    void *payload = sound_malloc(count * size);
    return payload ? memset(payload, 0, count * size) : NULL;
}

static inline void *sound_realloc(void *ptr, size_t size)
{
    if (!ptr)
        return sound_malloc(size);
    if (size == 0) {
        sound_free(ptr);
        return NULL;
    }
    if (block_of(ptr)->size >= size)
        return ptr;
    void *moved = sound_malloc(size);
    if (!moved)
        return NULL;
    memcpy(moved, ptr, block_of(ptr)->size);
    sound_free(ptr);
    return moved;
}

#ifndef OWN_INIT
int mm_init(void)
{
    return sound_init();
}
#endif

#ifndef OWN_MALLOC
void *mm_malloc(size_t size)
{
    return sound_malloc(size);
}
#endif

#ifndef OWN_FREE
void mm_free(void *ptr)
{
    sound_free(ptr);
}
#endif

#ifndef OWN_REALLOC
void *mm_realloc(void *ptr, size_t size)
{
    return sound_realloc(ptr, size);
}
#endif

#ifndef OWN_CALLOC
void *mm_calloc(size_t count, size_t size)
{
    return sound_calloc(count, size);
}
#endif

#ifndef OWN_MEMALIGN
void *mm_memalign(size_t align, size_t size)
{
    return sound_memalign(align, size);
}
#endif

#endif
