/*
 * shape.c - shapes in turn, so that a few seconds see each; sizes and order at
 * random.
 */
#include "shape.h"

#include "base/fatal.h"
#include "base/random.h"

#include <stdlib.h>

enum { MOST_LIVE = 2000 };

/* Another stream of numbers for each trace and each purpose. */
static uint64_t stream(uint64_t seed, uint64_t n, uint64_t purpose)
{
    uint64_t state = seed + 0x9e3779b97f4a7c15 * (3 * n + purpose + 1);

    random_below(&state, 2);
    return state;
}

static bool chance(uint64_t *random, unsigned per_cent)
{
    return random_below(random, 100) < per_cent;
}

/* ---- Shapes. ---- */

/* Payload is small, the sum of all requests is many times the heap's limit:
 * who does not use memory again runs out of it. */
static void make_leaks_show(struct shape *s)
{
    s->heap_limit = 32 << 20;
    s->live_bytes = 512 << 10;
    s->live_count = 8;
    s->op_count = 1500;
    s->sizes = s->sizes % 2 ? SIZES_PAGES : SIZES_WIDE;
}

static void make_it_exhaust(struct shape *s, uint64_t *random)
{
    s->heap_limit = (size_t)(256 << 10) << random_below(random, 4);
    s->live_bytes = UINT64_MAX;
    s->live_count = MOST_LIVE;
    s->exhausts = true;
}

struct shape shape_of(uint64_t seed, uint64_t n)
{
    static const uint32_t op_counts[] = {20, 100, 400, 1500};
    static const uint32_t live_counts[] = {3, 12, 60, 400};
    static const unsigned shares[] = {0, 5, 30};
    uint64_t random = stream(seed, n, 0);
    struct shape s = {.sizes = (enum sizes)(n % SIZES_KINDS),
                      .order = (enum order)(n / SIZES_KINDS % ORDER_KINDS),
                      .live_bytes = 16 << 20};

    s.op_count = op_counts[random_below(&random, 4)];
    s.live_count = live_counts[random_below(&random, 4)];
    s.realloc = shares[random_below(&random, 3)];
    s.calloc = shares[random_below(&random, 3)];
    s.memalign = shares[random_below(&random, 3)];
    s.null = shares[random_below(&random, 2)];
    s.frees_all = chance(&random, 50);
    switch (n % 8) {
    case 3:
        s.fail_at = 1 + random_below(&random, 12);
        break;
    case 5:
        make_it_exhaust(&s, &random);
        break;
    case 7:
        make_leaks_show(&s);
        break;
    }
    return s;
}

/* ---- Sizes. ---- */

static uint64_t beside(uint64_t *random, uint64_t size)
{
    uint64_t by = random_below(random, 3);

    return by == 0 && size > 0 ? size - 1 : size + by / 2;
}

static uint64_t wide(uint64_t *random, unsigned most_bits)
{
    uint64_t bits = random_below(random, most_bits);

    return (1ull << bits) + random_below(random, 1ull << bits);
}

static uint64_t size_of(const struct shape *s, uint64_t few, uint64_t *random)
{
    static const uint64_t tens[] = {1, 10, 100, 1000, 10000, 100000};
    uint64_t one;

    switch (s->sizes) {
    case SIZES_POWERS:
        return beside(random, 1ull << random_below(random, 18));
    case SIZES_STEPS:
        return beside(random, 8 * random_below(random, 80));
    case SIZES_TINY:
        return random_below(random, 65);
    case SIZES_SMALL:
        return 1 + random_below(random, 600);
    case SIZES_PAGES:
        return beside(
            random,
            4096 * (1 + random_below(random, 1ull << random_below(random, 9))));
    case SIZES_DECIMAL:
        return (1 + random_below(random, 9)) *
               tens[random_below(random, sizeof tens / sizeof *tens)];
    case SIZES_FEW:
        one = few + random_below(random, 3);
        return wide(&one, 14);
    default:
        return wide(random, 17);
    }
}

/* ---- The trace. ---- */

struct maker {
    const struct shape *shape;
    struct trace *trace;
    uint64_t random, few;
    uint32_t live[MOST_LIVE + 1]; /* slots, by age */
    uint64_t size[MOST_LIVE + 1]; /* by slot */
    uint32_t unused[MOST_LIVE + 1];
    uint32_t live_count, unused_count;
    uint64_t payload;
    bool drains;   /* ORDER_WAVES, ORDER_COMB: blocks are being freed */
    uint32_t comb; /* the next tooth, by age */
};

static void add(struct maker *m, enum op_kind kind, uint32_t slot,
                uint64_t size, uint32_t arg)
{
    trace_add(m->trace, op_make(kind, slot, size, arg));
}

static bool fits(const struct maker *m, uint64_t more)
{
    return more <= m->shape->live_bytes - m->payload;
}

static void allocate(struct maker *m)
{
    const struct shape *s = m->shape;
    uint64_t size = size_of(s, m->few, &m->random);
    uint32_t slot = m->unused[m->unused_count - 1];
    uint32_t count = (uint32_t)(1 + random_below(&m->random, 8));

    if (!fits(m, size))
        size = fits(m, 64) ? size % 64 : 0;
    if (chance(&m->random, s->calloc) && fits(m, size * count)) {
        add(m, OP_CALLOC, slot, size, count);
        size *= count;
    } else if (chance(&m->random, s->memalign)) {
        add(m, OP_ALIGNED, slot, size,
            (uint32_t)(3 + random_below(&m->random, 14)));
    } else {
        add(m, chance(&m->random, s->null) ? OP_REALLOC_NULL : OP_ALLOC, slot,
            size, 0);
    }
    m->unused_count--;
    m->live[m->live_count++] = slot;
    m->size[slot] = size;
    m->payload += size;
}

static void free_one(struct maker *m, uint32_t age)
{
    uint32_t slot = m->live[age];

    add(m, chance(&m->random, m->shape->null) ? OP_REALLOC_FREE : OP_FREE, slot,
        0, 0);
    m->live_count--;
    for (uint32_t i = age; i < m->live_count; i++)
        m->live[i] = m->live[i + 1];
    m->unused[m->unused_count++] = slot;
    m->payload -= m->size[slot];
}

/* Grown a little, doubled, shrunk, or any size. */
static void resize(struct maker *m)
{
    uint32_t slot = m->live[random_below(&m->random, m->live_count)];
    uint64_t old = m->size[slot], size = size_of(m->shape, m->few, &m->random);

    switch (random_below(&m->random, 4)) {
    case 0:
        size = old + 1 + random_below(&m->random, 64);
        break;
    case 1:
        size = 2 * old;
        break;
    case 2:
        size = old / 2;
        break;
    }
    m->payload -= old;
    if (size == 0 || !fits(m, size))
        size = old ? old : 1;
    add(m, OP_REALLOC, slot, size, 0);
    m->size[slot] = size;
    m->payload += size;
}

static void free_next(struct maker *m)
{
    enum order order = m->shape->order;

    if (order == ORDER_COMB && m->comb + 1 < m->live_count) {
        free_one(m, m->comb++); /* the one after it is spared */
        return;
    }
    if (order == ORDER_COMB || m->live_count == 1)
        m->drains = false;
    free_one(m, order == ORDER_FIRST ? 0
                : order == ORDER_LAST
                    ? m->live_count - 1
                    : (uint32_t)random_below(&m->random, m->live_count));
}

/* Is the next operation to free a block? */
static bool is_to_free(struct maker *m)
{
    const struct shape *s = m->shape;
    bool in_turns = s->order == ORDER_WAVES || s->order == ORDER_COMB;

    if (m->live_count == 0)
        return false;
    if (m->live_count >= s->live_count || !fits(m, 1)) {
        if (!m->drains)
            m->comb = 0;
        m->drains = in_turns;
        return true;
    }
    return in_turns ? m->drains : chance(&m->random, 45);
}

static void add_operation(struct maker *m)
{
    const struct shape *s = m->shape;

    if (m->live_count > 0 && fits(m, 1) && chance(&m->random, s->realloc))
        resize(m);
    else if (chance(&m->random, s->null))
        add(m, OP_FREE_NULL, 0, 0, 0);
    else if (is_to_free(m))
        free_next(m);
    else
        allocate(m);
}

struct trace *shape_trace(const struct shape *shape, uint64_t seed, uint64_t n,
                          const char *path)
{
    struct maker *m = check_alloc(calloc(1, sizeof *m));

    m->shape = shape;
    m->trace = trace_new(path, MOST_LIVE + 1);
    m->random = stream(seed, n, 1);
    m->few = stream(seed, n, 2);
    for (uint32_t slot = 0; slot <= MOST_LIVE; slot++)
        m->unused[m->unused_count++] = MOST_LIVE - slot;
    for (uint32_t i = 0; i < shape->op_count; i++)
        add_operation(m);
    while (shape->frees_all && m->live_count > 0)
        free_one(m, (uint32_t)random_below(&m->random, m->live_count));
    struct trace *t = m->trace;
    free(m);
    trace_close(t);
    return t;
}
