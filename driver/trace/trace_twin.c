/*
 * trace_twin.c - a trace of the same character as another, which nobody who
 * knows the other and not the seed can know.
 *
 * Sizes. A map takes every size of the trace to another. Powers of two stay, so
 * a size between two of them stays between. Midway it moves by up to an eighth
 * of the lower one, and neighbours move alike:
 *
 *     128     160     192     224     256      sizes of the trace
 *      |      /        \       |       |       knots at quarters, by the seed
 *     128   148        206    224     256      sizes of its twin
 *
 * Moves are of whole steps, so that a size keeps its remainder by 16, and a
 * round size stays round: what alignment and headers cost is the same.
 *
 * Order. Of neighbours that both begin blocks, or both end blocks, one pair in
 * NEIGHBOURS is exchanged. They are of different blocks, so the twin is a trace.
 * An allocation and a free are never exchanged: whether a block is free when the
 * next of its size is asked for decides too much. Of 47 traces, an explicit list
 * that takes the newest block lost 7 points of utilization where any operations
 * within 64 of each other were exchanged, and loses 2 so.
 *
 * Slots. They have other numbers.
 */
#define _GNU_SOURCE
#include "trace_forms.h"

#include "base/fatal.h"
#include "base/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP = 16, LARGEST_KEPT = 64, NEIGHBOURS = 8 };

/* ---- The seed. ---- */

/* FNV-1a of 64 bits. */
static uint64_t hash_bytes(uint64_t hash, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    return hash;
}

/* Of the text, a byte 0, and the name of the trace without its ending. */
static uint64_t seed_for(const struct trace *t, const char *seed)
{
    uint64_t hash =
        hash_bytes(0xcbf29ce484222325u, seed, strlen(seed) + 1);

    return hash_bytes(hash, t->name, trace_stem_length(t->name));
}

/* ---- Sizes. ---- */

struct size_map {
    uint64_t *old, *new; /* old rises, new does not fall */
    size_t count;
};

static int compare_sizes(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static uint64_t power_below(uint64_t size)
{
    return (uint64_t)1 << (63 - __builtin_clzll(size));
}

/* By how much the size power + quarter * power / 4 moves. */
static int64_t knot(uint64_t power, uint64_t quarter, uint64_t seed)
{
    uint64_t most = power / 8 > STEP ? power / 8 : STEP;
    uint64_t state = seed + power + quarter;

    if (quarter % 4 == 0)
        return 0;
    return (int64_t)random_below(&state, 2 * most + 1) - (int64_t)most;
}

/* What it moves by has to be a multiple of this. */
static uint64_t step_of(uint64_t size)
{
    uint64_t step = size & -size;

    while (step > size / 16)
        step /= 2;
    return step > STEP ? step : STEP;
}

static uint64_t new_size(uint64_t size, uint64_t seed)
{
    if (size <= LARGEST_KEPT)
        return size;
    uint64_t power = power_below(size), part = power / 4;
    uint64_t quarter = (size - power) / part, after = (size - power) % part;
    int64_t step = (int64_t)step_of(size);
    int64_t low = knot(power, quarter, seed);
    int64_t high = knot(power, quarter + 1, seed);
    int64_t move = low + (high - low) * (int64_t)(after * 64 / part) / 64;
    int64_t half = move < 0 ? -step / 2 : step / 2;
    uint64_t moved = size + (uint64_t)((move + half) / step * step);

    return moved >= power && moved < 2 * power ? moved : size;
}

/* moved, or where that is less than the map has given a smaller size, the next
 * above that. */
static uint64_t not_below(uint64_t least, uint64_t size, uint64_t moved)
{
    if (moved >= least)
        return moved;
    uint64_t next = least + (size - least) % STEP;
    return next < 2 * power_below(size) ? next : least;
}

static struct size_map size_map_new(const struct trace *t, uint64_t seed)
{
    struct size_map m = {
        .old = check_alloc(malloc((t->op_count + 1) * sizeof *m.old))};
    size_t sizes = 0;

    for (uint64_t i = 0; i < t->op_count; i++)
        if (op_has_block(t->ops[i]) && !op_ends(t->ops[i]))
            m.old[sizes++] = op_payload(t->ops[i]);
    qsort(m.old, sizes, sizeof *m.old, compare_sizes);
    for (size_t i = 0; i < sizes; i++)
        if (m.count == 0 || m.old[i] != m.old[m.count - 1])
            m.old[m.count++] = m.old[i];
    m.new = check_alloc(malloc((m.count + 1) * sizeof *m.new));
    for (size_t i = 0; i < m.count; i++)
        m.new[i] = not_below(i > 0 ? m.new[i - 1] : 0, m.old[i],
                             new_size(m.old[i], seed));
    return m;
}

static void size_map_delete(struct size_map m)
{
    free(m.old);
    free(m.new);
}

static uint64_t size_map_find(const struct size_map *m, uint64_t size)
{
    const uint64_t *at =
        bsearch(&size, m->old, m->count, sizeof *m->old, compare_sizes);

    return m->new[at - m->old];
}

/* With another payload. A count stays where it divides that. */
static struct op resized(struct op op, const struct size_map *m)
{
    if (!op_has_block(op) || op_ends(op) || op_payload(op) == 0)
        return op;
    uint64_t payload = size_map_find(m, op_payload(op));
    struct op changed = op_make(op_kind(op), op_slot(op), payload, op.arg);

    if (op_argument(op) == ARGUMENT_COUNT) {
        changed.arg = payload % op.arg == 0 ? op.arg : 1;
        changed.bytes = payload / changed.arg;
    }
    return op_of_thread(changed, op_thread(op));
}

static struct op *resized_ops(const struct trace *t, uint64_t seed)
{
    struct op *ops = check_alloc(malloc((t->op_count + 1) * sizeof *ops));
    struct size_map map = size_map_new(t, seed);

    for (uint64_t i = 0; i < t->op_count; i++)
        ops[i] = resized(t->ops[i], &map);
    size_map_delete(map);
    return ops;
}

/* ---- Order. ---- */

/* Do both begin blocks, or both end blocks? */
static bool are_alike(struct op one, struct op other)
{
    return op_effect(one) == op_effect(other) &&
           (op_begins(one) || op_ends(one));
}

static void exchange(struct op *ops, uint64_t count, uint64_t *random)
{
    for (uint64_t i = 1; i < count; i++) {
        struct op op = ops[i];

        if (!are_alike(ops[i - 1], op) || random_below(random, NEIGHBOURS) > 0)
            continue;
        ops[i] = ops[i - 1];
        ops[i - 1] = op;
    }
}

/* ---- The twin. ---- */

/* `traces/x.rep~secret`, and behind its end the name, `x~secret`. */
static void name_twin(struct trace *twin, const struct trace *t)
{
    size_t length = strlen(t->path) + strlen(TWIN_ENDING) + 1;

    if (asprintf(&twin->path, "%s%s%c%.*s%s", t->path, TWIN_ENDING, '\0',
                 (int)trace_stem_length(t->name), t->name, TWIN_ENDING) < 0)
        check_alloc(NULL);
    twin->name = twin->path + length;
}

struct trace *trace_twin(const struct trace *t, const char *seed)
{
    struct trace *twin = check_alloc(malloc(sizeof *twin));
    uint64_t random = seed_for(t, seed);
    struct op *ops = resized_ops(t, random);

    exchange(ops, t->op_count, &random);
    rename_slots(ops, t->op_count, t->slot_count, &random);
    *twin = *t;
    name_twin(twin, t);
    twin->set = SET_SECRET;
    twin->form = FORM_BINARY; /* no text file has its operations */
    twin->text = NULL;
    twin->storage = ops;
    twin->storage_mapped = false;
    twin->ops = ops;
    trace_measure(twin);
    return twin;
}
