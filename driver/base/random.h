/*
 * random.h - pseudorandom numbers by SplitMix64, with one word of state
 * (G. Steele, D. Lea and C. Flood, "Fast splittable pseudorandom number
 * generators", OOPSLA 2014). The caller sets the state to any seed.
 */
#ifndef RANDOM_H
#define RANDOM_H

#include <stdint.h>

/* The next number, of 64 random bits. */
static inline uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* A number below bound, which is not 0; nearly uniform for small bounds. */
static inline uint64_t random_below(uint64_t *state, uint64_t bound)
{
    return random_next(state) % bound;
}

#endif
