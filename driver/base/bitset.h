/*
 * bitset.h - a sparse set of numbers below 2^48, by ranges.
 *
 * A directory of chunks, each mapped when a number in it is first added:
 * memory is taken only where the set has members, and a range costs a word for
 * every 64 numbers. The oracle keeps the granules of live payloads in one, and
 * the mapped pages in another.
 */
#ifndef BITSET_H
#define BITSET_H

#include <stdbool.h>
#include <stdint.h>

struct bitset;

struct bitset *bitset_new(void);
void bitset_delete(struct bitset *set);

/* Add or remove [first, first + count). */
void bitset_add(struct bitset *set, uint64_t first, uint64_t count);
void bitset_remove(struct bitset *set, uint64_t first, uint64_t count);

/* Is any, are all, of [first, first + count) in the set? */
bool bitset_any(const struct bitset *set, uint64_t first, uint64_t count);
bool bitset_all(const struct bitset *set, uint64_t first, uint64_t count);

/*
 * The first number at or after `from` and below `end` that is in the set
 * (member) or is not (!member); end where there is none.
 */
uint64_t bitset_find(const struct bitset *set, uint64_t from, uint64_t end,
                     bool member);

#endif
