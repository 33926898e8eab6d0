/*
 * ledger.c - a hash table with open addressing and linear probing.
 *
 *   I1  size is 0 or a power of two; at most half of the slots are taken, which
 *       are ledger_count.
 *   I2  From a block's home slot to its entry no slot is empty.
 *
 * Where an entry is struck out, those behind it move up to keep I2: there are
 * no tombstones (Knuth, TAOCP 3, section 6.4, Algorithm R).
 */
#include "ledger.h"

#include "memlib.h"

enum { FIRST_SLOTS = 1024, HASH_BITS = 32 };

size_t ledger_count;

static struct {
    struct ledger_entry *slots;
    size_t size;
} table;

static size_t home_of(const void *block)
{
    uint64_t key = (uint64_t)(uintptr_t)block >> 3;

    return (size_t)(key * 0x9e3779b97f4a7c15u >> HASH_BITS) & (table.size - 1);
}

static size_t after(size_t slot)
{
    return (slot + 1) & (table.size - 1);
}

/* The slot of the block, or the empty one where it would be; table.size > 0. */
static size_t slot_of(const void *block)
{
    size_t slot = home_of(block);

    while (table.slots[slot].block && table.slots[slot].block != block)
        slot = after(slot);
    return slot;
}

static bool grow(void)
{
    struct ledger_entry *old = table.slots;
    size_t old_size = table.size, size = old_size ? old_size * 2 : FIRST_SLOTS;
    struct ledger_entry *slots = mem_map(size * sizeof *slots);

    if (!slots)
        return false;
    table.slots = slots;
    table.size = size;
    for (size_t i = 0; i < old_size; i++)
        if (old[i].block)
            slots[slot_of(old[i].block)] = old[i];
    if (old)
        mem_unmap(old, old_size * sizeof *old);
    return true;
}

bool ledger_add(struct ledger_entry entry)
{
    if (ledger_count >= table.size / 2 && !grow())
        return false;
    table.slots[slot_of(entry.block)] = entry;
    ledger_count++;
    return true;
}

/* May the entry in slot move up to hole? Not if its home lies between. */
static bool may_fill(size_t hole, size_t slot)
{
    size_t home = home_of(table.slots[slot].block);
    size_t mask = table.size - 1;

    return ((slot - home) & mask) >= ((slot - hole) & mask);
}

static void close_up(size_t hole)
{
    for (size_t slot = after(hole); table.slots[slot].block; slot = after(slot))
        if (may_fill(hole, slot)) {
            table.slots[hole] = table.slots[slot];
            hole = slot;
        }
    table.slots[hole].block = NULL;
}

struct ledger_entry ledger_strike(const void *block)
{
    const struct ledger_entry *found = ledger_find(block);
    struct ledger_entry entry = {0};

    if (found) {
        entry = *found;
        ledger_count--;
        close_up((size_t)(found - table.slots));
    }
    return entry;
}

const struct ledger_entry *ledger_find(const void *block)
{
    if (ledger_count == 0)
        return NULL;
    const struct ledger_entry *entry = &table.slots[slot_of(block)];
    return entry->block ? entry : NULL;
}
