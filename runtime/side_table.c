/*
 * side_table.c - a hash table with open addressing and linear probing.
 *
 *   I1  size, a number of slots, is 0 or a power of two. side_table_count slots
 *       are taken, at most half of them.
 *   I2  From a block's home slot to its entry no slot is empty.
 *
 * If an entry is removed, entries behind it move to keep I2; so there are no
 * tombstones (Knuth, TAOCP 3, section 6.4, Algorithm R).
 */
#include "side_table.h"

#include "mapping.h"

#include <stdint.h>

enum { FIRST_SLOTS = 1024, HASH_BITS = 32 };

size_t side_table_count;

static struct {
    struct side_entry *slots;
    size_t size;
} table;

static size_t home_slot(const void *block)
{
    uint64_t key = (uint64_t)(uintptr_t)block >> 3;

    return (size_t)(key * 0x9e3779b97f4a7c15u >> HASH_BITS) & (table.size - 1);
}

static size_t next_slot(size_t slot)
{
    return (slot + 1) & (table.size - 1);
}

/* The block's slot, or the empty one that it would take; table.size > 0. */
static size_t find_slot(const void *block)
{
    size_t slot = home_slot(block);

    while (table.slots[slot].block && table.slots[slot].block != block)
        slot = next_slot(slot);
    return slot;
}

/* Double the table. False, and nothing is changed, if memory is refused. */
static bool grow(void)
{
    struct side_entry *old = table.slots;
    size_t old_size = table.size, size = old_size ? old_size * 2 : FIRST_SLOTS;
    struct side_entry *slots = mapping_new(1, size * sizeof *slots);

    if (!slots)
        return false;
    table.slots = slots;
    table.size = size;
    for (size_t i = 0; i < old_size; i++)
        if (old[i].block)
            slots[find_slot(old[i].block)] = old[i];
    if (old)
        mapping_delete(old, old_size * sizeof *old);
    return true;
}

bool side_table_add(struct side_entry entry)
{
    if (side_table_count >= table.size / 2 && !grow())
        return false;
    table.slots[find_slot(entry.block)] = entry;
    side_table_count++;
    return true;
}

/* Whether the entry in slot may move to hole: not with its home in between. */
static bool may_move_to(size_t hole, size_t slot)
{
    size_t home = home_slot(table.slots[slot].block);
    size_t mask = table.size - 1;

    return ((slot - home) & mask) >= ((slot - hole) & mask);
}

/* Restore I2 after the entry in hole was removed. */
static void shift_back(size_t hole)
{
    for (size_t slot = next_slot(hole); table.slots[slot].block;
         slot = next_slot(slot))
        if (may_move_to(hole, slot)) {
            table.slots[hole] = table.slots[slot];
            hole = slot;
        }
    table.slots[hole].block = NULL;
}

struct side_entry side_table_remove(const void *block)
{
    const struct side_entry *found = side_table_find(block);
    struct side_entry entry = {0};

    if (found) {
        entry = *found;
        side_table_count--;
        shift_back((size_t)(found - table.slots));
    }
    return entry;
}

const struct side_entry *side_table_find(const void *block)
{
    if (side_table_count == 0)
        return NULL;
    const struct side_entry *entry = &table.slots[find_slot(block)];
    return entry->block ? entry : NULL;
}
