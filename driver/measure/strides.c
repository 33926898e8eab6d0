/*
 * strides.c - live blocks in the order of their addresses, and the least stride
 * by rounded size: a hash table while strides are noted, an array in the order
 * of sizes when it is asked for.
 */
#include "strides.h"

#include "base/fatal.h"

#include <stdlib.h>

enum {
    REACH = 4096,       /* farther behind a block, the next tells nothing */
    LOOKED_AT = 1 << 22 /* blocks, in all; then at the peak alone */
};

struct stride {
    uint64_t size; /* rounded up; 0: the place is empty */
    uint64_t least;
    uint64_t placed; /* the operation that placed the one that had it first */
    bool twice;      /* another had it too */
};

struct block {
    uint64_t address, size; /* rounded up */
    uint64_t stride;        /* 0: the next is too far off */
    uint64_t placed;
};

struct strides {
    const struct trace *trace;
    uint64_t align;
    uint32_t segment_peak; /* the next of the trace's */
    uint64_t looked_at;

    struct stride *table; /* open addressing */
    size_t room, count;   /* room is a power of 2 and at least twice count */

    struct block *block; /* those looked at last */
    struct block *peak;  /* those at the peak; NULL before it */
    size_t block_count, peak_count;
};

enum { FIRST_ROOM = 256 };

static struct stride *table_new(size_t room)
{
    return check_alloc(calloc(room, sizeof(struct stride)));
}

struct strides *strides_new(const struct trace *trace, unsigned align)
{
    struct strides *s = check_alloc(calloc(1, sizeof *s));

    s->trace = trace;
    s->align = align;
    strides_reset(s);
    return s;
}

void strides_reset(struct strides *s)
{
    free(s->table);
    free(s->block);
    free(s->peak);
    *s = (struct strides){.trace = s->trace, .align = s->align};
    s->room = FIRST_ROOM;
    s->table = table_new(s->room);
}

void strides_delete(struct strides *s)
{
    if (!s)
        return;
    free(s->table);
    free(s->block);
    free(s->peak);
    free(s);
}

/* ---- Noting. ---- */

/* Where the size is, or is to be. */
static struct stride *find(struct stride *table, size_t room, uint64_t size)
{
    size_t i = (size_t)(size * 0x9e3779b97f4a7c15u >> 20) & (room - 1);

    while (table[i].size != 0 && table[i].size != size)
        i = (i + 1) & (room - 1);
    return &table[i];
}

static void grow(struct strides *s)
{
    size_t room = 2 * s->room;
    struct stride *table = table_new(room);

    for (size_t i = 0; i < s->room; i++)
        if (s->table[i].size != 0)
            *find(table, room, s->table[i].size) = s->table[i];
    free(s->table);
    s->table = table;
    s->room = room;
}

static void note(struct strides *s, const struct block *b)
{
    if (2 * (s->count + 1) > s->room)
        grow(s);
    struct stride *known = find(s->table, s->room, b->size);
    s->count += known->size == 0;
    if (known->size == 0 || b->stride < known->least)
        *known = (struct stride){b->size, b->stride, b->placed, false};
    else if (b->stride == known->least && b->placed != known->placed)
        known->twice = true;
}

/* ---- Looking. ---- */

static int by_address(const void *a, const void *b)
{
    const struct block *x = a, *y = b;

    return (x->address > y->address) - (x->address < y->address);
}

static void gather(struct strides *s, const struct live *live)
{
    size_t size = ((size_t)s->trace->slot_count + 1) * sizeof *s->block;

    if (!s->block)
        s->block = check_alloc(malloc(size));
    s->block_count = 0;
    for (uint32_t slot = 0; slot < s->trace->slot_count; slot++) {
        const struct live *l = &live[slot];

        if (l->in_use && l->size > 0)
            s->block[s->block_count++] = (struct block){
                l->address, (l->size + s->align - 1) & ~(s->align - 1), 0,
                l->placed};
    }
    qsort(s->block, s->block_count, sizeof *s->block, by_address);
}

static void look(struct strides *s, const struct live *live)
{
    gather(s, live);
    s->looked_at += s->block_count;
    for (size_t i = 0; i + 1 < s->block_count; i++) {
        struct block *b = &s->block[i];
        uint64_t stride = b[1].address - b->address;

        if (stride > b->size + REACH)
            continue;
        b->stride = stride > b->size ? stride : b->size;
        note(s, b);
    }
}

static void keep_peak(struct strides *s)
{
    free(s->peak);
    s->peak = s->block;
    s->peak_count = s->block_count;
    s->block = NULL;
}

void strides_follow(struct strides *s, const struct live *live, uint64_t index)
{
    const struct trace *t = s->trace;
    bool peak = index == t->peak_op;

    while (s->segment_peak < t->segment_count &&
           t->segment_peak[s->segment_peak] < index)
        s->segment_peak++;
    bool segment_peak = s->segment_peak < t->segment_count &&
                        t->segment_peak[s->segment_peak] == index;
    if (peak || (segment_peak && s->looked_at < LOOKED_AT))
        look(s, live);
    if (peak)
        keep_peak(s);
}

static void begin(void *strides, const struct replay_setup *setup)
{
    (void)setup;
    strides_reset(strides);
}

static void operation(void *strides, const struct oracle *oracle, struct op op,
                      uint64_t index, uint64_t address)
{
    (void)op;
    (void)address;
    strides_follow(strides, oracle->live, index);
}

struct replay_observer strides_observer(struct strides *s)
{
    return (struct replay_observer){begin, operation, s};
}

/* ---- Asking. ---- */

static int by_size(const void *a, const void *b)
{
    const struct stride *x = a, *y = b;

    return (x->size > y->size) - (x->size < y->size);
}

/* What is known, in the order of sizes, none with more than a larger one's. */
static struct stride *ordered(const struct strides *s, size_t *count)
{
    struct stride *order = table_new(s->count + 1);

    *count = 0;
    for (size_t i = 0; i < s->room; i++)
        if (s->table[i].twice)
            order[(*count)++] = s->table[i];
    qsort(order, *count, sizeof *order, by_size);
    for (size_t i = *count; i-- > 1;)
        if (order[i - 1].least > order[i].least)
            order[i - 1].least = order[i].least;
    return order;
}

/* The strides that are known, in the order of sizes. */
struct known {
    struct stride *order;
    size_t count;
    uint64_t least; /* that any size takes beyond itself */
};

static struct known known_of(const struct strides *s)
{
    struct known k = {.least = UINT64_MAX};

    k.order = ordered(s, &k.count);
    for (size_t i = 0; i < k.count; i++)
        if (k.order[i].least - k.order[i].size < k.least)
            k.least = k.order[i].least - k.order[i].size;
    return k;
}

static uint64_t overhead_of(const struct known *k, const struct block *b)
{
    size_t low = 0, high = k->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (k->order[middle].size < b->size)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < k->count && k->order[low].size == b->size;
    uint64_t overhead = found ? k->order[low].least - b->size : k->least;
    if (b->stride > 0 && b->stride - b->size < overhead)
        overhead = b->stride - b->size;
    return overhead;
}

uint64_t strides_overhead(const struct strides *s, bool *known)
{
    struct known k = known_of(s);
    uint64_t sum = 0;

    *known = k.count > 0;
    for (size_t i = 0; i < s->peak_count && *known; i++)
        sum += overhead_of(&k, &s->peak[i]);
    free(k.order);
    return sum;
}
