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
 * Order. Operations on different blocks are exchanged within WINDOW of them. The
 * next operation is one of the window at random, of those that follow none on
 * their block that is still to come, and that leave no more live than the
 * trace has at some moment of the window.
 *
 * Slots. A block gets one of those that are free, which began in random order.
 */
#define _GNU_SOURCE
#include "trace_forms.h"

#include "base/fatal.h"
#include "base/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 64 /* the bits of a word */, STEP = 16, LEAST_MOVED = 64 };

#define NO_OPERATION UINT64_MAX

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
    if (size <= LEAST_MOVED)
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
    for (size_t i = 0; i < m.count; i++) {
        m.new[i] = new_size(m.old[i], seed);
        if (i > 0 && m.new[i] < m.new[i - 1])
            m.new[i] = m.new[i - 1];
    }
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

struct shuffle {
    const struct op *ops;
    uint64_t count;
    uint64_t *previous; /* by operation: the one before on its block */
    uint64_t *live;     /* bytes that are live after it, in the trace's order */
    uint64_t first;     /* the first operation that is still to come */
    uint64_t to_come;   /* bit k: so is operation first + k */
    uint64_t live_now;
    uint64_t random;
};

static uint64_t payload_after(const struct op op)
{
    return !op_has_block(op) || op_ends(op) ? 0 : op_payload(op);
}

/* By how much the operation changes the live bytes, modulo 2^64. */
static uint64_t change_of(const struct shuffle *s, uint64_t op)
{
    uint64_t previous = s->previous[op];

    return payload_after(s->ops[op]) -
           (previous == NO_OPERATION ? 0 : payload_after(s->ops[previous]));
}

static struct shuffle shuffle_begin(const struct op *ops, uint64_t count,
                                    uint32_t slots, uint64_t random)
{
    struct shuffle s = {.ops = ops, .count = count, .random = random};
    uint64_t *last = check_alloc(malloc(((size_t)slots + 1) * sizeof *last));

    s.previous = check_alloc(malloc((count + 1) * sizeof *s.previous));
    s.live = check_alloc(malloc((count + 1) * sizeof *s.live));
    for (uint64_t i = 0, live = 0; i < count; i++) {
        s.previous[i] =
            op_takes_block(ops[i]) ? last[op_slot(ops[i])] : NO_OPERATION;
        if (op_has_block(ops[i]))
            last[op_slot(ops[i])] = i;
        s.live[i] = live += change_of(&s, i);
    }
    free(last);
    s.to_come = count < WINDOW ? ((uint64_t)1 << count) - 1 : UINT64_MAX;
    return s;
}

static void shuffle_end(struct shuffle *s)
{
    free(s->previous);
    free(s->live);
}

static bool is_to_come(const struct shuffle *s, uint64_t op)
{
    return op - s->first < WINDOW && s->to_come >> (op - s->first) & 1;
}

/* The most bytes that are live in the window, or just before it. */
static uint64_t most_live(const struct shuffle *s)
{
    uint64_t most = s->first > 0 ? s->live[s->first - 1] : 0;

    for (uint64_t i = s->first; i < s->count && i < s->first + WINDOW; i++)
        if (s->live[i] > most)
            most = s->live[i];
    return most;
}

static bool may_be_next(const struct shuffle *s, uint64_t op, uint64_t most)
{
    uint64_t previous = s->previous[op];

    return is_to_come(s, op) &&
           (previous == NO_OPERATION || !is_to_come(s, previous)) &&
           s->live_now + change_of(s, op) <= most;
}

/* The first operation of the window where no other may be. */
static uint64_t choose(struct shuffle *s)
{
    uint64_t most = most_live(s), start = random_below(&s->random, WINDOW);

    for (uint64_t k = 0; k < WINDOW; k++) {
        uint64_t op = s->first + (start + k) % WINDOW;

        if (op < s->count && may_be_next(s, op, most))
            return op;
    }
    return s->first;
}

static uint64_t shuffle_next(struct shuffle *s)
{
    uint64_t op = choose(s);

    s->live_now += change_of(s, op);
    s->to_come &= ~((uint64_t)1 << (op - s->first));
    while (s->first < s->count && !(s->to_come & 1)) {
        s->to_come >>= 1;
        if (s->first + WINDOW < s->count)
            s->to_come |= (uint64_t)1 << (WINDOW - 1);
        s->first++;
    }
    return op;
}

/* ---- Slots, and the twin. ---- */

/* Slots of blocks by their operations, and those that are free: a stack. */
struct slots {
    uint32_t *of_op, *free, free_count;
};

static uint32_t take_slot(struct slots *slots, const struct shuffle *s,
                          uint64_t op)
{
    uint32_t slot = op_begins(s->ops[op]) ? slots->free[--slots->free_count]
                                          : slots->of_op[s->previous[op]];

    if (op_ends(s->ops[op]))
        slots->free[slots->free_count++] = slot;
    return slots->of_op[op] = slot;
}

static void exchange(struct op *to, struct shuffle *s, uint32_t slot_count)
{
    struct slots slots = {
        .of_op = check_alloc(malloc((s->count + 1) * sizeof *slots.of_op)),
        .free = random_permutation(slot_count, &s->random),
        .free_count = slot_count};

    for (uint64_t i = 0; i < s->count; i++) {
        uint64_t op = shuffle_next(s);

        to[i] = s->ops[op];
        if (op_has_block(to[i]))
            to[i].word = take_slot(&slots, s, op) << OP_KIND_BITS |
                         (uint32_t)op_kind(to[i]);
    }
    free(slots.of_op);
    free(slots.free);
}

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
    struct op *ops = check_alloc(malloc((t->op_count + 1) * sizeof *ops));
    uint64_t random = seed_for(t, seed);
    struct op *resized = resized_ops(t, random);
    struct shuffle s =
        shuffle_begin(resized, t->op_count, t->slot_count, random);

    *twin = *t;
    name_twin(twin, t);
    twin->set = SET_SECRET;
    twin->form = FORM_BINARY; /* no text file has its operations */
    twin->text = NULL;
    twin->storage = ops;
    twin->storage_mapped = false;
    twin->ops = ops;
    twin->slot_count += WINDOW; /* exchanges may leave so many more live */
    exchange(ops, &s, twin->slot_count);
    shuffle_end(&s);
    free(resized);
    trace_measure(twin);
    return twin;
}
