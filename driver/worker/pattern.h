/*
 * pattern.h - what a payload is filled with, so that any change shows.
 *
 * Word k of a block is seed + k * an odd constant: no two blocks and no two
 * places of one block look alike, and a block that grows just goes on. Worker
 * and judge compute the same bytes, each for itself.
 */
#ifndef PATTERN_H
#define PATTERN_H

#include <stddef.h>
#include <stdint.h>

/* The seed of the block that operation number birth of the trace allocated. */
uint64_t pattern_seed(uint64_t secret, uint64_t birth);

/* Fill bytes [from, to) of the payload at p, which is 8-byte aligned. */
void pattern_fill(void *p, size_t from, size_t to, uint64_t seed);

/* The first of bytes [0, size) that differs from the pattern; size if none. */
size_t pattern_check(const void *p, size_t size, uint64_t seed);

/* The byte that the pattern has at offset. */
uint8_t pattern_byte(uint64_t seed, size_t offset);

/* The first of bytes [0, size) that is not zero; size if all are. */
size_t first_nonzero(const void *p, size_t size);

#endif
