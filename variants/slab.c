/*
 * slab.c - slabs of one size, page map
 *
 * Objects of one size need no headers. A slab is a page that is divided into
 * objects of one size and nothing else: the page of an address determines the
 * object's size. The page map has an entry for each page, counted from the top,
 * because memlib places mappings downwards.
 *
 *      lo                brk                                         top
 *      | 0| 1| 2| 3| 4| 5|  ...  |  5   |  4   3    2   |   1   |   0   |
 *        the page map            | free | large block   | slab  | slab  |
 *                                       | of 3 pages    | of 48 | of 16 |
 *
 *      a slab  | used | freed | used | used | freed | never used ...   |
 *                          <------------------'
 *
 * The freed objects of a slab are a list, linked in the objects themselves; an
 * index says from where objects were never used. To allocate is to take the
 * first freed object, or the first that was never used, of the first slab of
 * the class that is not full. No object is ever split or merged. The class is
 * how many objects a page has, as many as fit; the last class is one object:
 * whole pages, as many as it needs. (A page is the system's. In pages of 16 KiB
 * or more so many small objects fit that it is shorter to number these classes
 * by size.)
 *
 * Fragmentation is of another kind here: a few objects of many sizes hold
 * many pages. But an empty slab is unmapped, and any other class, or a large
 * block, may get its page. (mem_map joins free pages and takes the first run
 * that is large enough.) One empty slab is kept where its class has no other
 * with room: else a program that allocates one object and frees it, again and
 * again, maps and unmaps a page each time.
 *
 * J. Bonwick, "The Slab Allocator", USENIX Summer 1994. To tell the size by
 * the page: G. Steele, "Data Representations in PDP-10 MacLISP", 1977.
 *
 * Invariants, between any two calls of mm_*:
 *   I1  The entry of a slab's first page describes it; all others are empty.
 *   I2  Of a slab's objects below never_used_from, used are in use, and the
 *       others are on its list of freed objects.
 *   I3  The list of a class, linked both ways, holds each of its slabs that
 *       is not full, once, and nothing else. One of them at most is empty.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "memlib.h"
#include "mm.h"

const char mm_idea[] = "slabs of one size, page map";

enum {
    MAX_PAGE = 65536, /* bytes */
    ALIGN = 16,
    BY_COUNT = 238, /* classes by objects per page; above that by size */
    CLASSES = BY_COUNT + 1 + MAX_PAGE / ALIGN / BY_COUNT,
};

struct slab {                       /* an entry of the page map */
    struct slab *next, **link;      /* in a list; where the link to this is */
    void **freed;                   /* freed objects, each points to the next */
    size_t size;                    /* of an object; 0 where no slab starts */
    uint16_t capacity;              /* objects at most: the class */
    uint16_t used, never_used_from; /* objects in use; an index (I2) */
};

static struct {
    struct slab *map; /* on the heap, as long as mappings are deep */
    char *top;        /* end of the uppermost mapping */
    unsigned page_bits;
    struct slab *first[CLASSES];
} heap;

static size_t page_size(void)
{
    return (size_t)1 << heap.page_bits;
}

/* The entry of the page with that address in it. */
static struct slab *slab_of(const void *ptr)
{
    return heap.map +
           ((size_t)(heap.top - 1 - (const char *)ptr) >> heap.page_bits);
}

static char *slab_start(const struct slab *slab)
{
    return heap.top - ((size_t)(slab - heap.map + 1) << heap.page_bits);
}

/* The list of slabs with so many objects that are not full. */
static struct slab **class_of(size_t capacity)
{
    if (capacity > BY_COUNT)
        capacity = BY_COUNT + page_size() / ALIGN / capacity;
    return &heap.first[capacity];
}

/* Grow the page map, which ends at the break, up to entry; false: refused. */
static bool map_reach(const struct slab *entry)
{
    ptrdiff_t missing = (char *)(entry + 1) - ((char *)mem_heap_hi() + 1);

    return missing <= 0 || mem_sbrk(missing) != (void *)-1;
}

/* ---- Slabs. ---- */

static void list_push(struct slab *slab)
{
    slab->link = class_of(slab->capacity);
    slab->next = *slab->link;
    if (slab->next)
        slab->next->link = &slab->next;
    *slab->link = slab;
}

static void list_remove(struct slab *slab)
{
    *slab->link = slab->next;
    if (slab->next)
        slab->next->link = slab->link;
}

/* Map bytes, whole pages, as a slab of capacity objects; NULL: refused. */
static struct slab *slab_make(size_t bytes, size_t capacity)
{
    char *start = mem_map(bytes);
    struct slab *slab;

    if (!start)
        return NULL;
    if (!heap.top)
        heap.top = start + bytes;
    slab = slab_of(start);
    if (!map_reach(slab)) {
        mem_unmap(start, bytes);
        return NULL;
    }
    slab->capacity = (uint16_t)capacity;
    slab->size = bytes / capacity & ~(size_t)(ALIGN - 1);
    list_push(slab);
    return slab;
}

static void slab_release(struct slab *slab)
{
    list_remove(slab);
    mem_unmap(slab_start(slab), slab->size); /* in whole pages */
    memset(slab, 0, sizeof *slab);
}

/* An object of a slab that is not full. */
static void *object_take(struct slab *slab)
{
    void **object = slab->freed;

    if (object)
        slab->freed = *object;
    else
        object =
            (void **)(slab_start(slab) + slab->never_used_from++ * slab->size);
    if (++slab->used == slab->capacity)
        list_remove(slab);
    return object;
}

/* ---- The contract of mm.h. ---- */

int mm_init(void)
{
    memset(&heap, 0, sizeof heap);
    heap.map = mem_heap_lo();
    heap.page_bits = (unsigned)__builtin_ctzl(mem_pagesize());
    return page_size() <= MAX_PAGE ? 0 : -1;
}

static size_t round_up(size_t size, size_t unit)
{
    return (size + unit - 1) & ~(unit - 1);
}

/* Slabs of one object are never listed: for these a new one is made. */
void *mm_malloc(size_t size)
{
    size_t capacity;
    struct slab *slab;

    if (size == 0 || size > PTRDIFF_MAX)
        return NULL;
    capacity = size < page_size() ? page_size() / round_up(size, ALIGN) : 1;
    slab = *class_of(capacity);
    if (!slab)
        slab = slab_make(round_up(size, page_size()), capacity);
    return slab ? object_take(slab) : NULL;
}

/* Is the empty slab the only one of its class that is not full? */
static bool is_reserve(const struct slab *slab)
{
    return slab->capacity > 1 && *class_of(slab->capacity) == slab &&
           !slab->next;
}

void mm_free(void *ptr)
{
    struct slab *slab = ptr ? slab_of(ptr) : NULL;
    void **object = ptr;

    if (!slab)
        return;
    *object = slab->freed;
    slab->freed = object;
    if (slab->used-- == slab->capacity)
        list_push(slab);
    if (slab->used == 0 && !is_reserve(slab))
        slab_release(slab);
}

size_t mm_usable_size(void *ptr)
{
    return ptr ? slab_of(ptr)->size : 0;
}

/* An object cannot shrink in place; it moves where half of it would do. */
void *mm_realloc(void *ptr, size_t size)
{
    size_t old = mm_usable_size(ptr);
    void *new;

    if (ptr && size <= old && size > old / 2)
        return ptr;
    new = mm_malloc(size);
    if (ptr && new)
        memcpy(new, ptr, size < old ? size : old);
    if (new || size == 0)
        mm_free(ptr);
    return new || size == 0 || size > old ? new : ptr;
}

/* ---- The audit. ---- */

/* I1 and I2; by I2 the list of freed objects ends, so it is no circle. */
static int audit_slab(const struct slab *slab)
{
    size_t freed = slab->never_used_from - slab->used;

    for (size_t i = 1; i < round_up(slab->size, page_size()) / page_size(); i++)
        if (slab - i < heap.map || slab[-i].size != 0)
            return 1;
    if (slab->used > slab->never_used_from ||
        slab->never_used_from > slab->capacity)
        return 2;
    for (void **object = slab->freed; object; object = *object, freed--) {
        size_t at = (size_t)((char *)object - slab_start(slab));

        if (freed == 0 || at % slab->size ||
            at / slab->size >= slab->never_used_from)
            return 2;
    }
    return freed == 0 ? 0 : 2;
}

/* I3 of one class; counts its slabs. */
static bool audit_list(struct slab **first, const struct slab *end,
                       size_t *count)
{
    struct slab *slab, **link = first;
    int empty = 0;

    for (; (slab = *link); link = &slab->next, ++*count) {
        if (slab < heap.map || slab >= end || slab->link != link ||
            slab->size == 0 || class_of(slab->capacity) != first ||
            slab->used == slab->capacity)
            return false;
        empty += slab->used == 0;
    }
    return empty <= 1;
}

int mm_audit(void)
{
    struct slab *slab, *end = heap.map + mem_heapsize() / sizeof *end;
    size_t with_room = 0, listed = 0;

    for (slab = heap.map; slab < end; slab++) {
        int broken = slab->size ? audit_slab(slab) : 0;

        if (broken)
            return broken;
        with_room += slab->used < slab->capacity;
    }
    for (size_t n = 0; n < CLASSES; n++)
        if (!audit_list(&heap.first[n], end, &listed))
            return 3;
    return listed == with_room ? 0 : 3;
}
