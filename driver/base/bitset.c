/*
 * bitset.c - a directory of chunks of 2^26 bits; a chunk is mapped when its
 * first number is added.
 *
 * Every operation divides its range at the boundaries of 64-bit words and
 * handles one word at a time, by a mask of the bits in the range.
 */
#define _GNU_SOURCE
#include "bitset.h"

#include "fatal.h"

#include <stdlib.h>
#include <sys/mman.h>

enum {
    NUMBER_BITS = 48,
    CHUNK_BITS = 26,
    CHUNK_BYTES = 1 << (CHUNK_BITS - 3),
    CHUNKS = 1 << (NUMBER_BITS - CHUNK_BITS),
    WORD_BITS = 64
};

struct bitset {
    uint64_t *chunk[CHUNKS];
    uint64_t **mapped; /* the chunks that exist, in the order of mapping */
    size_t mapped_count;
};

struct bitset *bitset_new(void)
{
    struct bitset *set =
        mmap(NULL, sizeof *set, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return check_alloc(set == MAP_FAILED ? NULL : set);
}

void bitset_delete(struct bitset *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->mapped_count; i++)
        munmap(set->mapped[i], CHUNK_BYTES);
    free(set->mapped);
    munmap(set, sizeof *set);
}

static void new_chunk(struct bitset *set, uint64_t index)
{
    size_t size = (set->mapped_count + 1) * sizeof *set->mapped;
    void *chunk = mmap(NULL, CHUNK_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    set->mapped = check_alloc(realloc(set->mapped, size));
    set->chunk[index] = check_alloc(chunk == MAP_FAILED ? NULL : chunk);
    set->mapped[set->mapped_count++] = chunk;
}

/* The word of that number; NULL: its chunk does not exist. */
static uint64_t *word_of(const struct bitset *set, uint64_t number)
{
    uint64_t *chunk = set->chunk[(number >> CHUNK_BITS) & (CHUNKS - 1)];
    uint64_t bit = number & ((1u << CHUNK_BITS) - 1);

    return chunk ? &chunk[bit / WORD_BITS] : NULL;
}

static uint64_t *make_word(struct bitset *set, uint64_t number)
{
    if (!set->chunk[(number >> CHUNK_BITS) & (CHUNKS - 1)])
        new_chunk(set, (number >> CHUNK_BITS) & (CHUNKS - 1));
    return word_of(set, number);
}

/* The count of numbers in [first, end) in first's word; *mask: their bits. */
static uint64_t range_in_word(uint64_t first, uint64_t end, uint64_t *mask)
{
    uint64_t low = first % WORD_BITS;
    uint64_t count = WORD_BITS - low;

    if (count > end - first)
        count = end - first;
    *mask = (count == WORD_BITS ? ~0ull : (1ull << count) - 1) << low;
    return count;
}

void bitset_add(struct bitset *set, uint64_t first, uint64_t count)
{
    uint64_t mask;

    for (uint64_t end = first + count; first < end;) {
        uint64_t *word = make_word(set, first);

        first += range_in_word(first, end, &mask);
        *word |= mask;
    }
}

void bitset_remove(struct bitset *set, uint64_t first, uint64_t count)
{
    uint64_t mask;

    for (uint64_t end = first + count; first < end;) {
        uint64_t *word = word_of(set, first);

        first += range_in_word(first, end, &mask);
        if (word)
            *word &= ~mask;
    }
}

bool bitset_any(const struct bitset *set, uint64_t first, uint64_t count)
{
    uint64_t mask;

    for (uint64_t end = first + count; first < end;) {
        const uint64_t *word = word_of(set, first);

        first += range_in_word(first, end, &mask);
        if (word && *word & mask)
            return true;
    }
    return false;
}

bool bitset_all(const struct bitset *set, uint64_t first, uint64_t count)
{
    uint64_t mask;

    for (uint64_t end = first + count; first < end;) {
        const uint64_t *word = word_of(set, first);

        first += range_in_word(first, end, &mask);
        if (!word || (*word & mask) != mask)
            return false;
    }
    return true;
}

uint64_t bitset_find(const struct bitset *set, uint64_t from, uint64_t end,
                     bool member)
{
    uint64_t mask;

    while (from < end) {
        const uint64_t *word = word_of(set, from);

        if (!word && member) { /* the whole chunk has no member */
            from = ((from >> CHUNK_BITS) + 1) << CHUNK_BITS;
            continue;
        }
        uint64_t bits = word ? *word : 0;
        uint64_t count = range_in_word(from, end, &mask);

        bits = (member ? bits : ~bits) & mask;
        if (bits)
            return from - from % WORD_BITS + (uint64_t)__builtin_ctzll(bits);
        from += count;
    }
    return end;
}
