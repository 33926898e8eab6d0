/*
 * trace_twin.c - a trace of the same character as another, which nobody who
 * knows the other and not the seed can know.
 *
 * Sizes. From one power of two to the next, sizes are divided into CLASSES of
 * the same width. A class moves to its neighbour, up or down: those below a cut
 * the one way, those above it the same or the other. No class passes another or
 * leaves its power of two. The first stays, and where two classes meet, two are
 * in one.
 *
 *     256   272   288   304 | 320   336   ...   496   512   sizes of the trace
 *     256   256   272   288 | 336   352   ...   496   512   sizes of the twin
 *
 * So a size keeps its remainder by the width, a multiple of LEAST_WIDTH: what
 * alignment and headers cost it is the same, and multiples of a page stay such.
 * Sizes up to LARGEST_KEPT stay, for there one class more or less would be half
 * of the block.
 *
 * Blocks. Of small blocks, one in RESAMPLED is left out and one is there twice.
 * So the n-th call of the twin is not the n-th of the trace: whoever knows
 * where that block should lie, or how long it lives, knows it of another block.
 *
 * Order. Of neighbours that both begin blocks, or both end blocks, one pair in
 * NEIGHBOURS is exchanged; they are of different blocks, so that may be done.
 * An allocation and a free are never exchanged: whether a block is free when
 * the next of its size is asked for decides too much. Over traces/, an explicit
 * list that takes the newest block lost 7 points of utilization where any
 * operations within 64 of each other were exchanged, and loses less than 2 so.
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

enum { CLASSES = 16, LEAST_WIDTH = 16, LARGEST_KEPT = 64 };

enum { NEIGHBOURS = 8, RESAMPLED = 32, SMALL_PART = 256 };

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
    uint64_t hash = hash_bytes(0xcbf29ce484222325u, seed, strlen(seed) + 1);

    return hash_bytes(hash, t->name, trace_stem_length(t->name));
}

/* ---- Sizes. ---- */

/* By how many classes a class moves: 0, 1 or -1. last is the last one of the
 * power of two, and random is the power's own. */
static int class_move(uint64_t class, uint64_t last, uint64_t random)
{
    uint64_t cut = random_below(&random, last + 1);
    bool low_rise = random_next(&random) & 1;
    bool high_rise = random_next(&random) & 1;
    bool rises = class <= cut ? low_rise : high_rise;

    if (class == 0 || (rises && class == last))
        return 0;
    if (!rises && low_rise && class == cut + 1)
        return 0; /* the class below has come here */
    return rises ? 1 : -1;
}

static uint64_t new_size(uint64_t size, uint64_t seed)
{
    if (size <= LARGEST_KEPT)
        return size;
    uint64_t power = (uint64_t)1 << (63 - __builtin_clzll(size));
    uint64_t width =
        power / CLASSES > LEAST_WIDTH ? power / CLASSES : LEAST_WIDTH;
    int move =
        class_move((size - power) / width, power / width - 1, seed + power);

    return move < 0 ? size - width : size + (uint64_t)move * width;
}

/* A count stays where it divides the new payload. */
static struct op resized(struct op op, uint64_t seed)
{
    if (!op_has_block(op) || op_ends(op) || op_payload(op) == 0)
        return op;
    uint64_t payload = new_size(op_payload(op), seed);
    struct op changed = op_make(op_kind(op), op_slot(op), payload, op.arg);

    if (op_argument(op) == ARGUMENT_COUNT) {
        changed.arg = payload % op.arg == 0 ? op.arg : 1;
        changed.bytes = payload / changed.arg;
    }
    return op_of_thread(changed, op_thread(op));
}

/* ---- Blocks. ---- */

/* How often the twin has a block of that size. */
static unsigned copies_of(uint64_t size, uint64_t peak, uint64_t *random)
{
    uint64_t draw = random_below(random, RESAMPLED);

    if (size > peak / SMALL_PART || draw > 1)
        return 1;
    return draw == 0 ? 0 : 2;
}

/*
 * The operations with other sizes and blocks, *count of them. The second copy
 * of a block has a slot of its own, above those of the trace.
 */
static struct op *new_ops(const struct trace *t, uint64_t seed,
                          uint64_t *random, uint64_t *count)
{
    struct op *ops = check_alloc(malloc((2 * t->op_count + 1) * sizeof *ops));
    uint8_t *copies = check_alloc(malloc((size_t)t->slot_count + 1));

    *count = 0;
    for (uint64_t i = 0; i < t->op_count; i++) {
        struct op op = resized(t->ops[i], seed);
        uint32_t slot = op_slot(op);

        if (op_begins(op))
            copies[slot] =
                (uint8_t)copies_of(op_payload(op), t->peak_payload, random);
        if (!op_has_block(op) || copies[slot] > 0)
            ops[(*count)++] = op;
        op.word += t->slot_count << OP_KIND_BITS;
        if (op_has_block(op) && copies[slot] > 1)
            ops[(*count)++] = op;
    }
    free(copies);
    return ops;
}

static uint64_t count_blocks(const struct op *ops, uint64_t count)
{
    uint64_t blocks = 0;

    for (uint64_t i = 0; i < count; i++)
        blocks += op_begins(ops[i]) ? 1 : 0;
    return blocks;
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
    uint64_t sizes = seed_for(t, seed), random = sizes, count;
    struct op *ops = new_ops(t, sizes, &random, &count);

    *twin = *t;
    twin->op_count = count;
    twin->id_count = count_blocks(ops, count);
    twin->slot_count = 2 * t->slot_count;
    exchange(ops, count, &random);
    rename_slots(ops, count, twin->slot_count, &random);
    name_twin(twin, t);
    twin->set = SET_SECRET;
    twin->form = FORM_BINARY; /* no text file has its operations */
    twin->text = NULL;
    trace_forget_stacks(twin);
    twin->storage = ops;
    twin->storage_mapped = false;
    twin->ops = ops;
    trace_measure(twin);
    return twin;
}
