/*
 * Room adversary: programs that make an allocator waste memory
 * May include: base, trace, worker, check.
 *
 * adversary.h - the adversaries, their parameters, and what theory says.
 *
 * An adversary sees the addresses that the allocator returned before it chooses
 * which blocks to free. So it suits each allocator; a fixed trace cannot.
 */
#ifndef ADVERSARY_H
#define ADVERSARY_H

#include "requests.h"

struct adversary {
    const char *name;
    const char *idea;                /* what it does, in one line */
    void (*run)(struct requests *r); /* until it ends or r->ended */
    bool n_is_power_of_two;          /* only such n are allowed */
    const char *default_n;           /* values of n, joined by + */
    uint64_t default_budget;         /* M, in units */
    uint64_t default_unit;           /* bytes */
};

extern const struct adversary adversary_robson, adversary_comb,
    adversary_sawtooth, adversary_best_fit, adversary_greedy;

/* All adversaries, in the order of --list; the last element is NULL. */
extern const struct adversary *const adversaries[];

enum { MAX_N_COUNT = 16 };

/* An adversary and its parameters, as the command line gives them. */
struct adversary_setup {
    const struct adversary *adversary;
    uint64_t n[MAX_N_COUNT]; /* largest requests, in units, all different */
    size_t n_count;
    uint64_t budget; /* M, in units */
    uint64_t unit;   /* bytes */
    uint64_t seed;
};

/*
 * Parse NAME[:KEY=VALUE,...]: n (values joined by +), M (in units, or in bytes
 * with K, M or G), unit (bytes), seed. A key that is absent has the adversary's
 * default. Wrong text is a usage error (fatal.h).
 */
struct adversary_setup adversary_setup_read(const char *text);

/* The text that adversary_setup_read turns into c with n[index] alone. */
void adversary_setup_text(const struct adversary_setup *c, size_t index,
                          char *text, size_t size);

/*
 * Theoretical footprints, as multiples of M. robson_bound is the least that the
 * adversary robson forces any allocator to need, unless it gives pages between
 * two blocks back to the system. The other two are the approximate worst cases
 * of first fit and best fit over all programs.
 */
double robson_bound(uint64_t n, uint64_t budget);
double first_fit_worst_case(uint64_t n);
double best_fit_worst_case(uint64_t n);

#endif
