/*
 * buddy.c - binary buddies, states in side table
 *
 * A block of order k is 2^k units of 32 bytes, and starts at a multiple of
 * its size. Cut in half it is two buddies, and each finds the other without a
 * search: their numbers differ in one bit.
 *
 *      order 3  |               |               |     units 8 and 12
 *            2  |       |       |   8   |  12   |     are buddies of order 2:
 *                                                     8 ^ 4 == 12
 *
 * If no block of the order that a request needs is free, a larger one is
 * halved, as often as needed; a freed block is merged with its buddy if that
 * is free and whole, the result with its own, and so on: one step an order.
 * The price is the rounding, and that buddies join, but not any neighbours.
 *
 * A header would move each request for a power of two into the next order. So
 * the states are in a table, a byte per unit: U (in use) or F (free), and the
 * order.
 *
 *      heap    |  block 0  | 2 | 3 |     block 4   | block 8  ...
 *      table     U1   in    F0  U0   F2  in  in  in  U3  in   ...
 *
 * K. Knowlton, "A Fast Storage Allocator", CACM 8(10), 1965; Knuth, TAOCP 1,
 * section 2.5, Algorithms R (reservation) and S (liberation).
 *
 * Invariants, between any two calls of mm_*:
 *   I1  Blocks tile the heap. The table is INSIDE but where a block starts.
 *   I2  A block of order k starts at a multiple of 2^k units.
 *   I3  No two buddies are both free.
 *   I4  The list of an order, linked both ways, holds each of its free blocks
 *       once, and nothing else.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "memlib.h"
#include "mm.h"

const char mm_idea[] = "binary buddies, states in side table";

enum {
    LOG_UNIT = 5,
    UNIT = 1 << LOG_UNIT,
    BITS = 8 * sizeof(long),      /* of a size, and of __builtin_clzl */
    ORDERS = BITS - 1 - LOG_UNIT, /* the last is half an address space */
    CHUNK_ORDER = 7,              /* the heap grows by this order or more */
    INSIDE = 0,                   /* a state; or FREE or IN_USE | order */
    FREE = 0x40,
    IN_USE = 0x80,
    ORDER = 0x3f,
};

struct block {                  /* a free one */
    struct block *next, **link; /* to the next; where the link to this is */
};

_Static_assert(sizeof(struct block) <= UNIT, "links fit into any block");
_Static_assert(sizeof(long) == sizeof(size_t), "BITS are those of a size");

static struct {
    uint8_t *table;         /* states of the units; mapped */
    size_t capacity, units; /* bytes of the table; units in the heap */
    struct block *first[ORDERS];
} heap;

static size_t units_of(unsigned order)
{
    return (size_t)1 << order;
}

/* The least order for that payload; for 0, which wraps, ORDERS or more. */
static unsigned order_for(size_t payload)
{
    return BITS - LOG_UNIT - __builtin_clzl((payload - 1) | (UNIT - 1));
}

static struct block *block_at(size_t unit)
{
    return (struct block *)((char *)mem_heap_lo() + unit * UNIT);
}

static size_t unit_of(const void *block)
{
    return (size_t)((const char *)block - (char *)mem_heap_lo()) / UNIT;
}

static bool is_free(size_t unit, unsigned order)
{
    return unit < heap.units && heap.table[unit] == (FREE | order);
}

static void list_push(size_t unit, unsigned order)
{
    struct block *b = block_at(unit);

    heap.table[unit] = (uint8_t)(FREE | order);
    b->link = &heap.first[order];
    b->next = heap.first[order];
    if (b->next)
        b->next->link = &b->next;
    heap.first[order] = b;
}

static struct block *list_remove(struct block *b)
{
    heap.table[unit_of(b)] = INSIDE; /* until the caller sets its state */
    *b->link = b->next;
    if (b->next)
        b->next->link = b->link;
    return b;
}

/* Make b, which is in no list, a block in use, halved until of order to. */
static void *reserve(struct block *b, unsigned from, unsigned to)
{
    for (; from > to; from--)
        list_push(unit_of(b) + units_of(from - 1), from - 1);
    heap.table[unit_of(b)] = (uint8_t)(IN_USE | to);
    return b;
}

static void liberate(size_t unit, unsigned order)
{
    heap.table[unit] = INSIDE;
    while (order + 1 < ORDERS && is_free(unit ^ units_of(order), order)) {
        list_remove(block_at(unit ^ units_of(order)));
        unit &= ~units_of(order++);
    }
    list_push(unit, order);
}

static bool table_grow(size_t units)
{
    size_t capacity = ((units + units / 4) | (mem_pagesize() - 1)) + 1;
    uint8_t *table = mem_map(capacity);

    if (!table)
        return false;
    memcpy(table, heap.table, heap.units);
    mem_unmap(heap.table, heap.capacity);
    heap.table = table;
    heap.capacity = capacity;
    return true;
}

/* Grow the heap by a block of that order and, by I2, lesser ones before. */
static bool heap_grow(unsigned order)
{
    size_t start = (heap.units + units_of(order) - 1) & ~(units_of(order) - 1);
    size_t end = start + units_of(order), bytes = (end - heap.units) * UNIT;

    if (bytes > PTRDIFF_MAX || mem_sbrk((intptr_t)bytes) == (void *)-1)
        return false;
    if (end > heap.capacity && !table_grow(end)) {
        mem_sbrk(-(intptr_t)bytes);
        return false;
    }
    for (size_t unit = heap.units; unit < end; unit = heap.units) {
        unsigned step = (unsigned)__builtin_ctzl(unit | units_of(order));

        heap.units += units_of(step);
        liberate(unit, step);
    }
    return true;
}

int mm_init(void)
{
    memset(&heap, 0, sizeof heap);
    heap.capacity = mem_pagesize();
    heap.table = mem_map(heap.capacity);
    return heap.table ? 0 : -1;
}

void *mm_malloc(size_t payload)
{
    unsigned order = order_for(payload);
    unsigned least = order < CHUNK_ORDER ? CHUNK_ORDER : order;

    for (unsigned from = order; from < ORDERS; from++) {
        struct block *b = heap.first[from];

        if (b)
            return reserve(list_remove(b), from, order);
    }
    return order < ORDERS && heap_grow(least) ? mm_malloc(payload) : NULL;
}

void mm_free(void *ptr)
{
    if (ptr)
        liberate(unit_of(ptr), heap.table[unit_of(ptr)] & ORDER);
}

size_t mm_usable_size(void *ptr)
{
    return ptr ? UNIT * units_of(heap.table[unit_of(ptr)] & ORDER) : 0;
}

/* A block shrinks in place; to grow it moves, as its buddy is rarely free. */
void *mm_realloc(void *ptr, size_t payload)
{
    size_t old = mm_usable_size(ptr);
    void *new;

    if (ptr && payload > 0 && payload <= old)
        return reserve(ptr, order_for(old), order_for(payload));
    new = mm_malloc(payload);
    if (ptr && new)
        memcpy(new, ptr, old);
    if (new || payload == 0)
        mm_free(ptr);
    return new;
}

static int audit_block(size_t unit)
{
    unsigned order = heap.table[unit] & ORDER;
    int flags = heap.table[unit] - (int)order;

    if ((flags != FREE && flags != IN_USE) || order >= ORDERS ||
        units_of(order) > heap.units - unit)
        return 1;
    for (size_t i = 1; i < units_of(order); i++)
        if (heap.table[unit + i] != INSIDE)
            return 1;
    if (unit % units_of(order) != 0)
        return 2;
    return flags == FREE && is_free(unit ^ units_of(order), order) ? 3 : 0;
}

int mm_audit(void)
{
    size_t free_blocks = 0, unit = 0;

    for (; unit < heap.units; unit += units_of(heap.table[unit] & ORDER)) {
        if (audit_block(unit) != 0)
            return audit_block(unit);
        free_blocks += (heap.table[unit] & FREE) != 0;
    }
    for (unsigned order = 0; order < ORDERS; order++) {
        struct block *b, **link = &heap.first[order];

        for (; (b = *link); link = &b->next, free_blocks--)
            if (!is_free(unit_of(b), order) || b != block_at(unit_of(b)) ||
                b->link != link)
                return 4;
    }
    return free_blocks == 0 ? 0 : 4;
}
