/*
 * canary.c - write patterns into blocks, remember the blocks, check them.
 *
 * If a block was resized, its canary must be kept up to the smallest of its
 * sizes. The canary of a freed block is not checked; if the slot has a new
 * block, the births differ.
 */
#include "canary.h"

#include "base/fatal.h"
#include "worker/pattern.h"
#include "base/random.h"

#include <stdlib.h>

enum {
    MAX_BLOCKS = 1024,
    MAX_BYTES = 1 << 18, /* of one block */
    FEW = 4              /* random slots before a short batch */
};

struct canary_block {
    uint32_t slot;
    uint64_t birth, size, seed;
};

struct canary {
    const struct oracle *oracle;
    unsigned char *heap;
    uint64_t random;
    uint32_t count;
    struct canary_block blocks[MAX_BLOCKS];
    uint32_t *number_of; /* by slot: index into blocks + 1, or 0 */
};

struct canary *canary_new(const struct oracle *oracle, unsigned char *heap,
                          uint64_t seed)
{
    struct canary *p = check_alloc(calloc(1, sizeof *p));

    p->oracle = oracle;
    p->heap = heap;
    p->random = seed;
    p->number_of =
        check_alloc(calloc(oracle->slot_count + 1, sizeof *p->number_of));
    return p;
}

void canary_delete(struct canary *p)
{
    if (p)
        free(p->number_of);
    free(p);
}

static unsigned char *view(const struct canary *p, const struct live *l)
{
    return p->heap + (l->address - p->oracle->base);
}

static void write_canary(struct canary *p, uint32_t slot)
{
    const struct live *l = &p->oracle->live[slot];
    uint64_t size = l->size < MAX_BYTES ? l->size : MAX_BYTES;

    if (!l->in_use || size == 0 || p->count == MAX_BLOCKS ||
        p->number_of[slot] != 0)
        return;
    struct canary_block *b = &p->blocks[p->count++];
    p->number_of[slot] = p->count;
    *b = (struct canary_block){slot, l->birth, size, random_next(&p->random)};
    pattern_fill(view(p, l), 0, size, b->seed);
}

static void forget(struct canary *p)
{
    while (p->count > 0)
        p->number_of[p->blocks[--p->count].slot] = 0;
}

void canary_write(struct canary *p, uint32_t first)
{
    uint32_t slots = p->oracle->slot_count;

    forget(p);
    if (slots == 0)
        return;
    write_canary(p, first);
    uint32_t slot = (uint32_t)random_below(&p->random, slots);
    for (uint32_t n = 0; n < slots && n < MAX_BLOCKS; n++, slot++)
        write_canary(p, slot % slots);
}

void canary_write_few(struct canary *p, const struct op *ops, uint32_t count)
{
    forget(p);
    for (uint32_t i = 0; i < count; i++)
        if (op_effect(ops[i]) == EFFECT_RESIZED)
            write_canary(p, op_slot(ops[i]));
    for (int i = 0; i < FEW && p->oracle->slot_count > 0; i++)
        write_canary(p,
                     (uint32_t)random_below(&p->random, p->oracle->slot_count));
}

/* A block that shrank has lost its tail, even if it grew again. */
static void note_shrinking(struct canary *p, struct op op)
{
    uint32_t number = p->number_of[op_slot(op)];

    if (number == 0 || op_effect(op) != EFFECT_RESIZED)
        return;
    struct canary_block *b = &p->blocks[number - 1];
    if (op_size(op) < b->size)
        b->size = op_size(op);
}

static bool block_kept(const struct canary *p, const struct canary_block *b,
                       uint64_t op, struct finding *f)
{
    const struct live *l = &p->oracle->live[b->slot];

    if (!l->in_use || l->birth != b->birth)
        return true;
    size_t same = pattern_check(view(p, l), b->size, b->seed);
    f->expected = pattern_byte(b->seed, same);
    return same == b->size || finding_in_block(f, VERDICT_DATA_LOST, op, l,
                                               same, view(p, l)[same]);
}

/* A new block from calloc that did not move since must be zero still. */
static bool still_zero(const struct canary *p, struct op op, uint64_t index,
                       struct finding *f)
{
    const struct live *l = &p->oracle->live[op_slot(op)];

    if (op_call(op) != CALL_CALLOC || !l->in_use || l->placed != index)
        return true;
    size_t zeros = first_nonzero(view(p, l), l->size);
    return zeros == l->size || finding_in_block(f, VERDICT_NOT_ZEROED, index, l,
                                                zeros, view(p, l)[zeros]);
}

bool canary_check(struct canary *p, const struct op *ops, uint64_t first,
                  uint64_t count, struct finding *finding)
{
    for (uint64_t i = first; i < first + count; i++) {
        note_shrinking(p, ops[i]);
        if (!still_zero(p, ops[i], i, finding))
            return false;
    }
    for (uint32_t i = 0; i < p->count; i++)
        if (!block_kept(p, &p->blocks[i], first + count - 1, finding))
            return false;
    return true;
}
