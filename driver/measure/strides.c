/*
 * strides.c - sort live blocks by address, and record the least stride of each
 * size in a hash table. strides_overhead sorts the table by size.
 */
#include "strides.h"

#include "base/fatal.h"

#include <stdlib.h>

enum {
    MAX_METADATA = 4096,  /* a larger distance to the next block is a hole */
    MAX_BLOCKS = 1 << 22, /* after so many, only those at the peak count */
    FIRST_CAPACITY = 256
};

struct stride {
    uint64_t size; /* rounded up; 0: the entry is empty */
    uint64_t least;
    uint64_t placed; /* the operation that placed the first block with it */
    bool confirmed;  /* a second block had it */
};

struct extent {
    uint64_t address, size; /* of a live block; size rounded up */
    uint64_t stride;        /* 0: the next block is too far away */
    uint64_t placed;
};

struct strides {
    const struct trace *trace;
    uint64_t align;
    uint32_t segment_peak; /* the number of the next one */
    uint64_t blocks_seen;  /* sum over peaks */

    struct stride *table;   /* open addressing */
    size_t capacity, count; /* capacity: a power of 2, at least 2 * count */

    struct extent *extents; /* the live blocks at the last segment peak */
    struct extent *peak;    /* the live blocks at the peak; NULL before it */
    size_t extent_count, peak_count;
};

static struct stride *table_new(size_t capacity)
{
    return check_alloc(calloc(capacity, sizeof(struct stride)));
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
    free(s->extents);
    free(s->peak);
    *s = (struct strides){.trace = s->trace, .align = s->align};
    s->capacity = FIRST_CAPACITY;
    s->table = table_new(s->capacity);
}

void strides_delete(struct strides *s)
{
    if (!s)
        return;
    free(s->table);
    free(s->extents);
    free(s->peak);
    free(s);
}

/* ---- The table. ---- */

/* The entry of the size, or the empty entry for it. */
static struct stride *find(struct stride *table, size_t capacity, uint64_t size)
{
    size_t i = (size_t)(size * 0x9e3779b97f4a7c15u >> 20) & (capacity - 1);

    while (table[i].size != 0 && table[i].size != size)
        i = (i + 1) & (capacity - 1);
    return &table[i];
}

static void grow(struct strides *s)
{
    size_t capacity = 2 * s->capacity;
    struct stride *table = table_new(capacity);

    for (size_t i = 0; i < s->capacity; i++)
        if (s->table[i].size != 0)
            *find(table, capacity, s->table[i].size) = s->table[i];
    free(s->table);
    s->table = table;
    s->capacity = capacity;
}

static void record(struct strides *s, const struct extent *b)
{
    if (2 * (s->count + 1) > s->capacity)
        grow(s);
    struct stride *known = find(s->table, s->capacity, b->size);
    s->count += known->size == 0;
    if (known->size == 0 || b->stride < known->least)
        *known = (struct stride){b->size, b->stride, b->placed, false};
    else if (b->stride == known->least && b->placed != known->placed)
        known->confirmed = true;
}

/* ---- Live blocks at a peak. ---- */

static int by_address(const void *a, const void *b)
{
    const struct extent *x = a, *y = b;

    return (x->address > y->address) - (x->address < y->address);
}

static void sort_live(struct strides *s, const struct live *live)
{
    size_t size = ((size_t)s->trace->slot_count + 1) * sizeof *s->extents;

    if (!s->extents)
        s->extents = check_alloc(malloc(size));
    s->extent_count = 0;
    for (uint32_t slot = 0; slot < s->trace->slot_count; slot++) {
        const struct live *l = &live[slot];

        if (l->in_use && l->size > 0)
            s->extents[s->extent_count++] = (struct extent){
                l->address, (l->size + s->align - 1) & ~(s->align - 1), 0,
                l->placed};
    }
    qsort(s->extents, s->extent_count, sizeof *s->extents, by_address);
}

static void record_all(struct strides *s, const struct live *live)
{
    sort_live(s, live);
    s->blocks_seen += s->extent_count;
    for (size_t i = 0; i + 1 < s->extent_count; i++) {
        struct extent *b = &s->extents[i];
        uint64_t stride = b[1].address - b->address;

        if (stride > b->size + MAX_METADATA)
            continue;
        b->stride = stride > b->size ? stride : b->size;
        record(s, b);
    }
}

static void keep_peak(struct strides *s)
{
    free(s->peak);
    s->peak = s->extents;
    s->peak_count = s->extent_count;
    s->extents = NULL;
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
    if (peak || (segment_peak && s->blocks_seen < MAX_BLOCKS))
        record_all(s, live);
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

/* ---- The estimate. ---- */

static int by_size(const void *a, const void *b)
{
    const struct stride *x = a, *y = b;

    return (x->size > y->size) - (x->size < y->size);
}

/*
 * The confirmed strides sorted by size, each reduced to the least stride of any
 * larger size. The caller frees them.
 */
static struct stride *ordered(const struct strides *s, size_t *count)
{
    struct stride *order = table_new(s->count + 1);

    *count = 0;
    for (size_t i = 0; i < s->capacity; i++)
        if (s->table[i].confirmed)
            order[(*count)++] = s->table[i];
    qsort(order, *count, sizeof *order, by_size);
    for (size_t i = *count; i-- > 1;)
        if (order[i - 1].least > order[i].least)
            order[i - 1].least = order[i].least;
    return order;
}

struct known {
    struct stride *order; /* from ordered() */
    size_t count;
    uint64_t least; /* the least of stride - size */
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

static uint64_t overhead_of(const struct known *k, const struct extent *b)
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
