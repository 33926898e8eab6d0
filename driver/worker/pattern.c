/*
 * pattern.c - fill and compare whole words, in loops that a compiler
 * vectorizes.
 */
#include "pattern.h"

#include <string.h>

static const uint64_t stride = 0x9e3779b97f4a7c15u;

uint64_t pattern_seed(uint64_t secret, uint64_t birth)
{
    uint64_t z = (secret ^ birth) * stride;

    z = (z ^ z >> 32) * 0xd6e8feb86659fd93u;
    return z ^ z >> 32;
}

static uint64_t word_at(uint64_t seed, size_t k)
{
    return seed + k * stride;
}

uint8_t pattern_byte(uint64_t seed, size_t offset)
{
    uint64_t word = word_at(seed, offset / 8);
    uint8_t bytes[8];

    memcpy(bytes, &word, 8);
    return bytes[offset % 8];
}

void pattern_fill(void *p, size_t from, size_t to, uint64_t seed)
{
    unsigned char *bytes = p;
    uint64_t *words = p;

    for (; from < to && from % 8 != 0; from++)
        bytes[from] = pattern_byte(seed, from);
    for (size_t k = from / 8; k < to / 8; k++)
        words[k] = word_at(seed, k);
    for (size_t i = from > to / 8 * 8 ? from : to / 8 * 8; i < to; i++)
        bytes[i] = pattern_byte(seed, i);
}

/*
 * The number of words before the first wrong one. 64 words are compared in a
 * vectorized loop; if one differs, they are compared one by one.
 */
static size_t equal_words(const uint64_t *words, size_t count, uint64_t seed)
{
    size_t k = 0;

    for (; k + 64 <= count; k += 64) {
        uint64_t difference = 0;

        for (size_t i = k; i < k + 64; i++)
            difference |= words[i] ^ word_at(seed, i);
        if (difference)
            break;
    }
    while (k < count && words[k] == word_at(seed, k))
        k++;
    return k;
}

size_t pattern_check(const void *p, size_t size, uint64_t seed)
{
    const unsigned char *bytes = p;
    size_t i = equal_words(p, size / 8, seed) * 8;

    while (i < size && bytes[i] == pattern_byte(seed, i))
        i++;
    return i;
}

size_t first_nonzero(const void *p, size_t size)
{
    const unsigned char *bytes = p;

    if (size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0))
        return size;
    size_t i = 0;
    while (bytes[i] == 0)
        i++;
    return i;
}
