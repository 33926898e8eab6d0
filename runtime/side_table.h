/*
 * side_table.h - sizes and addresses of blocks that the allocator cannot tell.
 *
 * The C library's malloc aligns a block to any power of two, and knows the size
 * of every block; a hand-in of the lab may do neither. The side table has an
 * entry for each block whose size or alignment the allocator cannot provide: a
 * block that was moved up to a multiple of its alignment, any block of an
 * allocator without mm_usable_size, and any that is a mapping of its own.
 *
 * The table lies in a mapping, apart from the allocator's. The caller holds a
 * lock.
 */
#ifndef SIDE_TABLE_H
#define SIDE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct side_entry {
    void *block; /* the address that the program has; NULL: no entry */
    void *raw;   /* the one that the allocator returned; NULL: a mapping */
    size_t size; /* bytes from block on that the program may use */
};

/* How many entries there are; with most allocators none. */
extern size_t side_table_count;

/* Add the entry of a block that has none. False if memory is refused. */
bool side_table_add(struct side_entry entry);

/*
 * Remove the block's entry and return it; if the block has none, return an
 * entry whose block is NULL. One side_table_add after a removal cannot fail.
 */
struct side_entry side_table_remove(const void *block);

/* The block's entry, valid until the table changes; NULL: it has none. */
const struct side_entry *side_table_find(const void *block);

#endif
