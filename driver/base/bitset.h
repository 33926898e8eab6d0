/*
 * bitset.h - a sparse set of numbers below 2^48, which are added and removed by
 * ranges.
 *
 * Memory is taken only where the set has had members, in chunks of 8 MiB of
 * address space. An operation on a range takes one step for every 64 numbers of
 * it. The oracle keeps the granules of live payloads in one set and the mapped
 * units in another. The program ends (fatal.h) where it is out of memory.
 */
#ifndef BITSET_H
#define BITSET_H

#include <stdbool.h>
#include <stdint.h>

struct bitset;

/* A new, empty set; the caller deletes it. Deleting NULL does nothing. */
struct bitset *bitset_new(void);
void bitset_delete(struct bitset *set);

/* Add or remove [first, first + count). */
void bitset_add(struct bitset *set, uint64_t first, uint64_t count);
void bitset_remove(struct bitset *set, uint64_t first, uint64_t count);

/*
 * Is any number, or are all numbers, of [first, first + count) in the set? Of
 * no numbers, none is and all are.
 */
bool bitset_any(const struct bitset *set, uint64_t first, uint64_t count);
bool bitset_all(const struct bitset *set, uint64_t first, uint64_t count);

/*
 * The first number of [from, end) that is in the set (member) or is not
 * (!member); end where there is none.
 */
uint64_t bitset_find(const struct bitset *set, uint64_t from, uint64_t end,
                     bool member);

#endif
