/*
 * adversary.c - the table of adversaries, the parser of their parameters, and
 * the theoretical ratios.
 */
#define _GNU_SOURCE
#include "adversary.h"

#include "base/fatal.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct adversary *const adversaries[] = {
    &adversary_robson,   &adversary_comb,   &adversary_sawtooth,
    &adversary_best_fit, &adversary_greedy, NULL};

enum { MIN_UNIT = 16, MAX_UNIT = 1 << 20, MAX_BUDGET = 1 << 22 };

/* ---- Parameters. ---- */

static const struct adversary *find_adversary(const char *name)
{
    char known[256] = "";

    for (int i = 0; adversaries[i]; i++) {
        if (strcmp(adversaries[i]->name, name) == 0)
            return adversaries[i];
        strcat(strcat(known, i ? ", " : ""), adversaries[i]->name);
    }
    fatal_usage("--adversary knows %s; not '%s'", known, name);
}

static uint64_t read_number(const char *key, const char *text, uint64_t low,
                            uint64_t high)
{
    char *end;

    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end || errno || value < low ||
        value > high)
        fatal_usage("--adversary: %s is a number from %" PRIu64 " to %" PRIu64
                    ", not '%s'",
                    key, low, high, text);
    return value;
}

static void read_n(struct adversary_setup *c, const char *list)
{
    char *copy = check_alloc(strdup(list)), *rest = copy, *text;

    c->n_count = 0;
    while ((text = strsep(&rest, "+")) != NULL) {
        if (c->n_count == MAX_N_COUNT)
            fatal_usage("--adversary: n has at most %d values", MAX_N_COUNT);
        c->n[c->n_count++] = read_number("n", text, 2, MAX_BUDGET);
    }
    free(copy);
}

/* The log2 that the letter behind the digits stands for; 0: there is none. */
static int suffix_shift(const char *text)
{
    switch (text[strspn(text, "0123456789")]) {
    case 'K':
        return 10;
    case 'M':
        return 20;
    case 'G':
        return 30;
    }
    return 0;
}

/* M in units; a value in bytes, with a letter, is divided by the unit. */
static uint64_t read_budget(const char *text, uint64_t unit)
{
    char digits[24];
    int shift = suffix_shift(text);
    size_t length = strlen(text);

    if (length >= sizeof digits)
        fatal_usage("--adversary: M is too long: '%s'", text);
    memcpy(digits, text, length + 1);
    if (shift == 0)
        return read_number("M", digits, 2, MAX_BUDGET);
    digits[length - 1] = '\0';
    return (read_number("M", digits, 1, 1 << 20) << shift) / unit;
}

enum key { KEY_N, KEY_BUDGET, KEY_UNIT, KEY_SEED, KEY_COUNT };

static enum key find_key(const char *name)
{
    static const char *const names[KEY_COUNT] = {"n", "M", "unit", "seed"};

    for (int key = 0; key < KEY_COUNT; key++)
        if (strcmp(names[key], name) == 0)
            return (enum key)key;
    fatal_usage("--adversary knows n, M, unit and seed, not '%s'", name);
}

/* Split pair, KEY=VALUE, at the sign and store the value by its key. */
static void read_pair(const char *values[KEY_COUNT], char *pair)
{
    char *value = strchr(pair, '=');

    if (!value)
        fatal_usage("--adversary takes NAME:KEY=VALUE,..., not '%s'", pair);
    *value++ = '\0';
    enum key key = find_key(pair);
    if (values[key])
        fatal_usage("--adversary: %s is given twice", pair);
    values[key] = value;
}

/* The unit is read before M, because M may be in bytes. */
static void read_pairs(struct adversary_setup *c, char *pairs)
{
    const char *values[KEY_COUNT] = {NULL};
    char *pair;

    while ((pair = strsep(&pairs, ",")) != NULL)
        read_pair(values, pair);
    if (values[KEY_N])
        read_n(c, values[KEY_N]);
    if (values[KEY_UNIT])
        c->unit = read_number("unit", values[KEY_UNIT], MIN_UNIT, MAX_UNIT);
    if (values[KEY_SEED])
        c->seed = read_number("seed", values[KEY_SEED], 0, UINT64_MAX);
    if (values[KEY_BUDGET])
        c->budget = read_budget(values[KEY_BUDGET], c->unit);
}

static void check_distinct(const struct adversary_setup *c, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (c->n[i] == c->n[index])
            fatal_usage("--adversary: n is given twice as %" PRIu64, c->n[i]);
}

static void check_n(const struct adversary_setup *c, size_t index)
{
    uint64_t n = c->n[index];

    if (n > c->budget)
        fatal_usage("--adversary: n is at most M, %" PRIu64
                    " units, not %" PRIu64,
                    c->budget, n);
    if (c->adversary->n_is_power_of_two && (n & (n - 1)))
        fatal_usage("--adversary: n of %s has to be a power of two, not "
                    "%" PRIu64,
                    c->adversary->name, n);
    check_distinct(c, index);
}

static void check_setup(const struct adversary_setup *c)
{
    if (c->unit % MIN_UNIT != 0)
        fatal_usage("--adversary: unit has to be a multiple of %d", MIN_UNIT);
    if (c->budget < 2 || c->budget > MAX_BUDGET)
        fatal_usage("--adversary: M is 2 to %d units, not %" PRIu64, MAX_BUDGET,
                    c->budget);
    for (size_t i = 0; i < c->n_count; i++)
        check_n(c, i);
}

struct adversary_setup adversary_setup_read(const char *text)
{
    char *copy = check_alloc(strdup(text)), *pairs = strchr(copy, ':');

    if (pairs)
        *pairs++ = '\0';
    const struct adversary *a = find_adversary(copy);
    struct adversary_setup c = {.adversary = a,
                                .budget = a->default_budget,
                                .unit = a->default_unit,
                                .seed = 1};
    read_n(&c, a->default_n);
    if (pairs)
        read_pairs(&c, pairs);
    check_setup(&c);
    free(copy);
    return c;
}

void adversary_setup_text(const struct adversary_setup *c, size_t index,
                          char *text, size_t size)
{
    snprintf(text, size,
             "%s:n=%" PRIu64 ",M=%" PRIu64 ",unit=%" PRIu64 ",seed=%" PRIu64,
             c->adversary->name, c->n[index], c->budget, c->unit, c->seed);
}

/* ---- Theory. ---- */

/* The bound holds for powers of two; other n have that of the next below. */
static double log2_floor(uint64_t n)
{
    return floor(log2((double)n));
}

double robson_bound(uint64_t n, uint64_t budget)
{
    double power = exp2(log2_floor(n));

    return log2_floor(n) / 2 + 1 - (power - 1) / (double)budget;
}

double first_fit_worst_case(uint64_t n)
{
    return log2((double)n);
}

double best_fit_worst_case(uint64_t n)
{
    return (double)n;
}
