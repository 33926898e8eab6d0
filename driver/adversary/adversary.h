/*
 * Room adversary: programs that make an allocator waste memory
 * May include: base, trace,
 * worker, check.
 *
 * adversary.h - programs made to waste an allocator's memory.
 *
 * Each looks at the addresses that it was given before it chooses what to free:
 * there is no trace that does this to every allocator.
 */
#ifndef ADVERSARY_H
#define ADVERSARY_H

#include "requests.h"

struct adversary {
    const char *name;
    const char *idea;                /* one line */
    void (*run)(struct requests *r); /* to its end, or until the game is over */
    bool n_is_power_of_two;          /* n has to be a power of two */
    const char *default_n;           /* which n, where none is given */
    uint64_t default_budget,
        default_unit; /* the same of M, in units, and the unit */
};

extern const struct adversary adversary_robson, adversary_comb,
    adversary_sawtooth, adversary_best_fit, adversary_greedy;

/* All there are; ends with NULL. */
extern const struct adversary *const adversaries[];

enum { MAX_N_COUNT = 16 };

/* An adversary and its parameters, as the command line names them. */
struct adversary_setup {
    const struct adversary *adversary;
    uint64_t n[MAX_N_COUNT]; /* units, no two the same */
    size_t n_count;
    uint64_t budget; /* M, in units */
    uint64_t unit;   /* bytes */
    uint64_t seed;
};

/*
 * Read NAME[:KEY=VALUE,...]: n (several with + between), M (in units, or in
 * bytes with K, M or G), unit (bytes), seed. Complains where it is wrong.
 */
struct adversary_setup adversary_setup_read(const char *text);

/* The text that asks for the n of that index alone. */
void adversary_setup_text(const struct adversary_setup *c, size_t index,
                          char *text, size_t size);

/*
 * What is known, as multiples of M. The first binds every allocator that gives
 * no memory back from between two blocks.
 */
double robson_bound(uint64_t n, uint64_t budget); /* no less, under robson */
double first_fit_worst_case(uint64_t n);          /* about, at its worst */
double best_fit_worst_case(uint64_t n);           /* about, at its worst */

#endif
