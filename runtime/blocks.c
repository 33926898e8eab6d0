/*
 * blocks.c - blocks as the C library has them, from mm_*.
 *
 *      raw          block
 *       |  up to     |  size bytes                |
 *       |  align - 1 |                            |
 *       +------------+----------------------------+
 *
 * An allocator without mm_memalign gets a larger request, so that an aligned
 * block lies within its raw block; the side table has the raw block's address.
 * In the same way, if an allocator aligns to 8 only, the blocks that it returns
 * at odd multiples of 8 are moved up by 8.
 *
 * A block that is a mapping starts at a page and has an entry without a raw
 * block.
 *
 *   I1  A block without an entry in the side table is a raw block, and
 *       mm_usable_size returns its size.
 *   I2  The raw block of a block with an entry is entry.raw.
 *   I3  mapped_count of the entries are those of mappings.
 */
#include "blocks.h"

#include "mapping.h"
#include "side_table.h"
#include "mm.h"

#include <limits.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

/* The optional functions of mm.h; NULL if the allocator has none. */
#pragma weak mm_calloc
#pragma weak mm_memalign
#pragma weak mm_good_size
#pragma weak mm_usable_size
#pragma weak mm_init_returns_bool
extern const char mm_init_returns_bool; /* compat/cmu/mm.h */

enum { ALIGN = alignof(max_align_t) };

/* The allocator has returned an odd multiple of ALIGN / 2, and may again. */
static bool saw_half_aligned;

static size_t mapped_count; /* I3 */

bool blocks_init(void)
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

static void *align_up(void *p, size_t align)
{
    return (char *)p + (-(uintptr_t)p & (align - 1));
}

static bool has_usable_size(void)
{
    return mm_usable_size != NULL;
}

/*
 * The block that lies within raw; it gets an entry if I1 demands one. NULL,
 * and raw is freed, if there is no memory for the entry.
 */
static void *add_entry(void *raw, void *block, size_t size)
{
    if (raw == block && has_usable_size())
        return block;
    if (side_table_add((struct side_entry){block, raw, size}))
        return block;
    mm_free(raw);
    return NULL;
}

/* ---- Blocks that are mappings. ---- */

static bool add_mapped(void *block, size_t size)
{
    bool added =
        side_table_add((struct side_entry){block, NULL, mapping_size(size)});

    mapped_count += added;
    return added;
}

static void *new_mapped(size_t align, size_t size)
{
    void *block = mapping_new(align, size);

    if (!block || add_mapped(block, size))
        return block;
    mapping_delete(block, size);
    return NULL;
}

static struct side_entry remove_entry(const void *block)
{
    struct side_entry entry = side_table_remove(block);

    mapped_count -= entry.block && !entry.raw;
    return entry;
}

/* NULL also where the program has made several areas of the pages (mlock). */
static void *resize_mapped(void *block, size_t old, size_t size)
{
    void *new = mapping_resize(block, old, size);

    if (!new)
        return NULL;
    remove_entry(block);
    add_mapped(new, size);
    return new;
}

/*
 * Whether the side table may know the block. It keeps small blocks from being
 * looked up as long as mappings alone have entries.
 */
static bool may_have_entry(const void *block)
{
    return side_table_count > mapped_count || is_aligned(block, LEAST_PAGE);
}

static const struct side_entry *find_entry(const void *block)
{
    return may_have_entry(block) ? side_table_find(block) : NULL;
}

/* ---- Blocks of the allocator. ---- */

/* A block within a raw block that is larger by what alignment may need. */
static void *allocate_larger(size_t align, size_t size)
{
    if (size > PTRDIFF_MAX - align)
        return NULL;
    void *raw = mm_malloc(size + align - ALIGN / 2);
    return raw ? add_entry(raw, align_up(raw, align), size) : NULL;
}

void *block_new(size_t size)
{
    void *raw = mm_malloc(size);

    if (!raw || is_aligned(raw, ALIGN))
        return raw ? add_entry(raw, raw, size) : NULL;
    saw_half_aligned = true;
    mm_free(raw);
    return allocate_larger(ALIGN, size);
}

/* An allocator may keep sizes in an int, and round them up. */
static bool heap_may_hold(size_t size)
{
    return size <= INT_MAX / 2;
}

void *block_new_zero(size_t count, size_t size)
{
    void *mapped =
        count * size >= BLOCK_MAPPED ? new_mapped(1, count * size) : NULL;

    if (mapped || !heap_may_hold(count * size))
        return mapped;
    if (mm_calloc && !saw_half_aligned && has_usable_size())
        return mm_calloc(count, size);
    void *block = block_new(count * size);
    return block ? memset(block, 0, count * size) : NULL;
}

void *block_new_aligned(size_t align, size_t size)
{
    if (align > PTRDIFF_MAX / 2)
        return NULL;
    void *mapped = align >= BLOCK_MAPPED || size >= BLOCK_MAPPED
                       ? new_mapped(align, size)
                       : NULL;

    if (mapped || align >= BLOCK_MAPPED || !heap_may_hold(size))
        return mapped;
    if (align <= ALIGN)
        return block_new(size);
    if (mm_memalign && has_usable_size())
        return mm_memalign(align, size);
    return allocate_larger(align, size);
}

/* Give back a block that may have an entry: apart, for block_delete is
 * short. */
static __attribute__((noinline)) void delete_entered(void *block)
{
    struct side_entry entry = remove_entry(block);

    if (entry.block && !entry.raw)
        mapping_delete(block, entry.size);
    else
        mm_free(entry.block ? entry.raw : block);
}

void block_delete(void *block)
{
    if (side_table_count > 0 && may_have_entry(block))
        delete_entered(block);
    else
        mm_free(block);
}

size_t block_size(void *block)
{
    const struct side_entry *entry = find_entry(block);

    if (!entry)
        return mm_usable_size(block);
    if (!entry->raw || !has_usable_size())
        return entry->size;
    return mm_usable_size(entry->raw) -
           (size_t)((char *)entry->block - (char *)entry->raw);
}

/* A mapping may have shrunk: it stays one from BLOCK_MAPPED / 2. */
bool block_may_be_of(size_t usable, size_t size)
{
    bool is_mapped_size =
        usable >= BLOCK_MAPPED / 2 && usable == mapping_size(size);

    return size <= usable && (!mm_good_size || usable == mm_good_size(size) ||
                              is_mapped_size);
}

/* Copy the block to a new one of size bytes, and free it. */
static void *move(void *block, size_t size)
{
    size_t old = block_size(block);
    void *new = block_new_aligned(1, size);

    if (!new)
        return NULL;
    memcpy(new, block, old < size ? old : size);
    block_delete(block);
    return new;
}

/*
 * Let the allocator resize a raw block. If the result is the first at an odd
 * multiple of 8, it is moved once more. Without memory for that it stays there,
 * because its old contents exist nowhere else.
 */
static void *resize_own(void *block, size_t size)
{
    struct side_entry entry = side_table_remove(block); /* see side_table.h */
    void *new = mm_realloc(block, size);

    if (!new &&entry.block)
        side_table_add(entry);
    if (new && !has_usable_size())
        side_table_add((struct side_entry){new, new, size});
    if (!new || is_aligned(new, ALIGN))
        return new;
    saw_half_aligned = true;
    void *moved = move(new, size);
    return moved ? moved : new;
}

void *block_resize(void *block, size_t size)
{
    const struct side_entry *entry = find_entry(block);

    if (entry && !entry->raw && size >= BLOCK_MAPPED / 2) {
        void *new = resize_mapped(block, entry->size, size);
        return new ? new : move(block, size);
    }
    if (saw_half_aligned || size >= BLOCK_MAPPED ||
        (entry && entry->raw != block))
        return move(block, size);
    return resize_own(block, size);
}
