/*
 * blocks.c - blocks as the C library has them, from mm_*.
 *
 *      raw          block
 *       |  up to     |  size bytes                |
 *       |  align - 1 |                            |
 *       +------------+----------------------------+
 *
 * An allocator without mm_memalign is asked for enough that an aligned block
 * lies within, and the ledger remembers where its own began. One that answers
 * at multiples of 8 only has every second block moved up by 8 in that way.
 *
 *   I1  A block without an entry in the ledger is the allocator's own, and
 *       mm_usable_size tells its size.
 *   I2  A block with an entry begins at entry.raw for the allocator.
 */
#include "blocks.h"

#include "ledger.h"
#include "mm.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

/* What an allocator need not have. */
#pragma weak mm_calloc
#pragma weak mm_memalign
#pragma weak mm_usable_size
#pragma weak mm_init_returns_bool
extern const char mm_init_returns_bool; /* compat/cmu/mm.h */

enum { ALIGN = alignof(max_align_t) };

/* A block at a multiple of ALIGN / 2 was seen: more of them will come. */
static bool half_aligned;

bool blocks_begin(void)
{
    int answer = mm_init();

    if (&mm_init_returns_bool)
        return (unsigned char)answer != 0; /* the rest of it is undefined */
    return answer == 0;
}

static bool is_aligned(const void *p, size_t align)
{
    return ((uintptr_t)p & (align - 1)) == 0;
}

static void *aligned_up(void *p, size_t align)
{
    return (char *)p + (-(uintptr_t)p & (align - 1));
}

static bool tells_sizes(void)
{
    return mm_usable_size != NULL;
}

/* raw, the allocator's own, becomes block; written down where I1 asks so. */
static void *enter(void *raw, void *block, size_t size)
{
    if (raw == block && tells_sizes())
        return block;
    if (ledger_add((struct ledger_entry){block, raw, size}))
        return block;
    mm_free(raw);
    return NULL;
}

static void *new_within(size_t align, size_t size)
{
    if (size > PTRDIFF_MAX - align)
        return NULL;
    void *raw = mm_malloc(size + align - ALIGN / 2);
    return raw ? enter(raw, aligned_up(raw, align), size) : NULL;
}

void *block_new(size_t size)
{
    void *raw = mm_malloc(size);

    if (!raw || is_aligned(raw, ALIGN))
        return raw ? enter(raw, raw, size) : NULL;
    half_aligned = true;
    mm_free(raw);
    return new_within(ALIGN, size);
}

void *block_new_zero(size_t count, size_t size)
{
    if (mm_calloc && !half_aligned && tells_sizes())
        return mm_calloc(count, size);
    void *block = block_new(count * size);
    return block ? memset(block, 0, count * size) : NULL;
}

void *block_new_aligned(size_t align, size_t size)
{
    if (align <= ALIGN)
        return block_new(size);
    if (align > PTRDIFF_MAX / 2)
        return NULL;
    if (mm_memalign && tells_sizes())
        return mm_memalign(align, size);
    return new_within(align, size);
}

void block_delete(void *block)
{
    if (ledger_count > 0) {
        struct ledger_entry entry = ledger_strike(block);

        block = entry.block ? entry.raw : block;
    }
    mm_free(block);
}

size_t block_size(void *block)
{
    const struct ledger_entry *entry = ledger_find(block);

    if (!entry)
        return mm_usable_size(block);
    if (!tells_sizes())
        return entry->size;
    return mm_usable_size(entry->raw) -
           (size_t)((char *)entry->block - (char *)entry->raw);
}

static void *move(void *block, size_t size)
{
    size_t old = block_size(block);
    void *new = block_new(size);

    if (!new)
        return NULL;
    memcpy(new, block, old < size ? old : size);
    block_delete(block);
    return new;
}

/*
 * Let the allocator resize its own block. Should this be the first that it
 * puts at an odd multiple of 8, it is moved once more; if there is no memory
 * for that, better there than lost.
 */
static void *resize_own(void *block, size_t size)
{
    struct ledger_entry entry = ledger_strike(block); /* room for the next */
    void *new = mm_realloc(block, size);

    if (!new &&entry.block)
        ledger_add(entry);
    if (new && !tells_sizes())
        ledger_add((struct ledger_entry){new, new, size});
    if (!new || is_aligned(new, ALIGN))
        return new;
    half_aligned = true;
    void *moved = move(new, size);
    return moved ? moved : new;
}

void *block_resize(void *block, size_t size)
{
    const struct ledger_entry *entry = ledger_find(block);

    if (half_aligned || (entry && entry->raw != block))
        return move(block, size);
    return resize_own(block, size);
}
