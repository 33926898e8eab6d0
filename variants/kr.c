/*
 * kr.c - circular free list, roving start
 *
 * Every block starts with a header of one unit, 16 bytes, and is a whole
 * number of units long. The free blocks form one list, singly linked in the
 * order of their addresses, and its last block points back to the first: to
 * base, an empty block at the low end that is never handed out.
 *
 *      lo                                                      brk
 *      | base | free | used | used | free | used | free | used |
 *          `---->`------------------>`------------>`--.
 *          ^------------------------------------------'
 *
 *           in use                    free
 *      +-------+-------+         +-------+-------+
 *      | NULL  | units |         | next  | units |  <- header, one unit
 *      +-------+-------+         +-------+-------+
 *      | payload       |         |               |
 *
 * The order replaces boundary tags. To free a block is to walk to the two free
 * blocks between which it lies: only these can be its neighbours, so there is
 * no footer and no flag. The cost is the walk. A rover, which stays where the
 * last call ended, makes it shorter: programs often free a block near to the
 * one that they freed before. The search for a block starts at the rover too
 * (next fit), which leaves small remnants all over the list. A block that is
 * too large is split at its tail, and then the list does not change.
 *
 * B. Kernighan and D. Ritchie, The C Programming Language, 2nd edition,
 * section 8.7. That base is a static variable; here it is the heap's first
 * unit, the lowest address of all, which leaves one case fewer to the walk.
 *
 * Invariants, between any two calls of mm_*:
 *   I1  Blocks of a unit or more tile the heap, from behind base to the break.
 *   I2  The list leads from base to every free block, in the order of their
 *       addresses, and back to base. A block in use has no next.
 *   I3  No two neighbours are both free.
 *   I4  The rover is base or a free block.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "memlib.h"
#include "mm.h"

const char mm_idea[] = "circular free list, roving start";

enum {
    ALIGN = 16,
    CHUNK = 4096 / ALIGN, /* units the heap grows by, at least */
};

struct block {
    _Alignas(ALIGN) struct block *next;
    size_t units; /* header included; 0 in base, so no block adjoins it */
};

_Static_assert(sizeof(struct block) == ALIGN, "a header is one unit");

static struct {
    struct block *base, *rover;
} list;

/* The units of a block for that payload; 0 where no heap could hold it. */
static size_t units_for(size_t payload)
{
    if (payload > PTRDIFF_MAX - 2 * ALIGN)
        return 0;
    return (payload + ALIGN - 1) / ALIGN + 1;
}

static bool adjoins(const struct block *b, const struct block *next)
{
    return b + b->units == next;
}

/* The last of base and the free blocks that lies before b. */
static struct block *find_place(const struct block *b)
{
    struct block *p = list.rover;

    while (p >= b || (p->next < b && p->next != list.base))
        p = p->next;
    return p;
}

/* By I3 and the order of I2, only p and p->next can be neighbours of b. */
static void release(struct block *b)
{
    struct block *p = find_place(b);

    b->next = p->next;
    if (adjoins(b, b->next)) {
        b->units += b->next->units;
        b->next = b->next->next;
    }
    p->next = b;
    if (adjoins(p, b)) {
        p->units += b->units;
        p->next = b->next;
    }
    list.rover = p;
}

/* Once round the list: what precedes a block large enough, or NULL. */
static struct block *find_before(size_t units)
{
    struct block *p = list.rover;

    do {
        if (p->next->units >= units)
            return p;
        p = p->next;
    } while (p != list.rover);
    return NULL;
}

/* Take that many units of the block after p: all of them, or its tail. */
static struct block *take_after(struct block *p, size_t units)
{
    struct block *b = p->next;

    list.rover = p;
    if (b->units == units) {
        p->next = b->next;
    } else {
        b->units -= units;
        b += b->units;
        b->units = units;
    }
    b->next = NULL;
    return b;
}

/* More memory is a block that has just been freed. */
static bool heap_grow(size_t units)
{
    size_t more = units < CHUNK ? CHUNK : units;
    struct block *b = mem_sbrk((intptr_t)(more * ALIGN));

    if (b == (void *)-1)
        return false;
    b->units = more;
    release(b);
    return true;
}

/* Merge b, in use, with the next block if that is free and b gets units. */
static void merge_next(struct block *b, size_t units)
{
    struct block *p = find_place(b), *next = p->next;

    if (!adjoins(b, next) || b->units + next->units < units)
        return;
    list.rover = p;
    p->next = next->next;
    b->units += next->units;
}

int mm_init(void)
{
    list.base = list.rover = mem_sbrk(ALIGN);
    if (list.base == (void *)-1)
        return -1;
    list.base->next = list.base;
    list.base->units = 0;
    return 0;
}

void *mm_malloc(size_t payload)
{
    size_t units = units_for(payload);
    struct block *p;

    if (payload == 0 || units == 0)
        return NULL;
    p = find_before(units);
    if (!p && heap_grow(units))
        p = find_before(units);
    return p ? take_after(p, units) + 1 : NULL;
}

void mm_free(void *ptr)
{
    if (ptr)
        release((struct block *)ptr - 1);
}

size_t mm_usable_size(void *ptr)
{
    return ptr ? (((struct block *)ptr)[-1].units - 1) * ALIGN : 0;
}

/* Resize b in place; false where b and the next block are too small. */
static bool resize(struct block *b, size_t units)
{
    struct block *rest = b + units;

    if (b->units < units)
        merge_next(b, units);
    if (b->units > units) {
        rest->units = b->units - units;
        b->units = units;
        release(rest);
    }
    return b->units == units;
}

void *mm_realloc(void *ptr, size_t payload)
{
    size_t units = units_for(payload);
    void *new;

    if (ptr && payload > 0 && units > 0 &&
        resize((struct block *)ptr - 1, units))
        return ptr;
    new = mm_malloc(payload);
    if (ptr && new)
        memcpy(new, ptr, mm_usable_size(ptr));
    if (new || payload == 0)
        mm_free(ptr);
    return new;
}

/* ---- The audit: through the heap, and along the list in step with it. ---- */

int mm_audit(void)
{
    struct block *b = list.base + 1, *listed = list.base->next;
    struct block *end = (struct block *)((char *)mem_heap_hi() + 1);
    bool prev_free = false, rover_found = list.rover == list.base;

    for (; b < end; b += b->units) {
        bool free = b == listed;

        if (b->units == 0 || b->units > (size_t)(end - b))
            return 1;
        if (!free && b->next)
            return 2;
        if (free && prev_free)
            return 3;
        if (free)
            listed = b->next;
        rover_found |= free && b == list.rover;
        prev_free = free;
    }
    if (listed != list.base || list.base->units != 0)
        return 2;
    return rover_found ? 0 : 4;
}
