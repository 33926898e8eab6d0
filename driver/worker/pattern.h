/*
 * pattern.h - the pattern that payloads are filled with to detect changes.
 *
 * Word k of a payload, 8 bytes, is seed + k * an odd constant. No two blocks
 * and no two words of a block have the same contents, and a block that grows
 * only needs its new bytes filled. Worker and judge compute the pattern
 * independently.
 */
#ifndef PATTERN_H
#define PATTERN_H

#include <stddef.h>
#include <stdint.h>

/* The seed of the block that the trace's operation number birth allocated. */
uint64_t pattern_seed(uint64_t secret, uint64_t birth);

/* Fill bytes [from, to) of the payload at p, which is 8-byte aligned. */
void pattern_fill(void *p, size_t from, size_t to, uint64_t seed);

/* The offset of the first wrong byte in [0, size); size if all are right. */
size_t pattern_check(const void *p, size_t size, uint64_t seed);

/* The pattern's byte at that offset. */
uint8_t pattern_byte(uint64_t seed, size_t offset);

/* The offset of the first byte in [0, size) that is not 0; size if all are. */
size_t first_nonzero(const void *p, size_t size);

#endif
