/*
 * side_table.h - what an allocator cannot tell of its blocks.
 *
 * The C library's malloc aligns at will and knows the size of every block; a
 * hand-in of the lab may do neither. The side table has an entry for each block
 * that its allocator could not answer for: one that was moved up to a multiple
 * of its alignment, and any block of an allocator without mm_usable_size.
 *
 * It is no part of the heap: it lies in memory of its own, from mem_map. Its
 * user holds a lock.
 */
#ifndef SIDE_TABLE_H
#define SIDE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct side_entry {
    void *block; /* what the program has; NULL: no entry */
    void *raw;   /* what the allocator gave */
    size_t size; /* bytes from block on that the program may use */
};

/* How many entries there are: most often none. */
extern size_t side_table_count;

/* Enter a block, which is not entered yet. False where memory is refused. */
bool side_table_add(struct side_entry entry);

/*
 * Strike the block's entry out and return it; one without a block if there is
 * none. The add that follows a strike always has room.
 */
struct side_entry side_table_remove(const void *block);

/* The block's entry; NULL if there is none. Valid until the next change. */
const struct side_entry *side_table_find(const void *block);

#endif
