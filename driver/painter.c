/*
 * painter.c - paint some blocks, remember which, look at them again.
 *
 * Of a block that lies where it lay, all that was painted is looked at; of one
 * that was moved, as much as both its sizes hold. A block that was freed
 * meanwhile is forgotten, also where its slot has a new one: then the birth
 * differs.
 */
#include "painter.h"

#include "complain.h"
#include "pattern.h"
#include "random.h"

#include <stdlib.h>

enum { BLOCKS = 1024, BYTES = 1 << 18 };

struct painted {
    uint32_t slot;
    uint64_t birth, size, seed;
};

struct painter {
    const struct oracle *oracle;
    unsigned char *heap;
    uint64_t random;
    uint32_t count;
    struct painted painted[BLOCKS];
};

struct painter *painter_new(const struct oracle *oracle, unsigned char *heap,
                            uint64_t seed)
{
    struct painter *p = need(calloc(1, sizeof *p));

    p->oracle = oracle;
    p->heap = heap;
    p->random = seed;
    return p;
}

void painter_delete(struct painter *p)
{
    free(p);
}

static unsigned char *view(const struct painter *p, const struct live *l)
{
    return p->heap + (l->address - p->oracle->base);
}

static void paint_block(struct painter *p, uint32_t slot)
{
    const struct live *l = &p->oracle->live[slot];
    uint64_t size = l->size < BYTES ? l->size : BYTES;

    if (!l->in_use || size == 0 || p->count == BLOCKS)
        return;
    struct painted *b = &p->painted[p->count++];
    *b = (struct painted){slot, l->birth, size, random_next(&p->random)};
    pattern_fill(view(p, l), 0, size, b->seed);
}

/* The first one again would be painted over itself: it is left out. */
void painter_paint(struct painter *p, uint32_t first)
{
    uint32_t slots = p->oracle->slot_count;

    p->count = 0;
    if (slots == 0)
        return;
    paint_block(p, first);
    uint32_t slot = (uint32_t)random_below(&p->random, slots);
    for (uint32_t n = 0; n < slots && n < BLOCKS; n++, slot++)
        if (slot % slots != first)
            paint_block(p, slot % slots);
}

static bool block_kept(const struct painter *p, const struct painted *b,
                       uint64_t op, struct finding *f)
{
    const struct live *l = &p->oracle->live[b->slot];
    uint64_t size = l->size < b->size ? l->size : b->size;

    if (!l->in_use || l->birth != b->birth)
        return true;
    size_t same = pattern_check(view(p, l), size, b->seed);
    if (same == size)
        return true;
    f->verdict = VERDICT_DATA_LOST;
    f->op = op;
    f->address = l->address;
    f->size = l->size;
    f->birth = l->placed;
    f->offset = same;
    f->expected = pattern_byte(b->seed, same);
    f->value = view(p, l)[same];
    return false;
}

bool painter_check(struct painter *p, uint64_t op, struct finding *finding)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (!block_kept(p, &p->painted[i], op, finding))
            return false;
    return true;
}

static bool block_zero(const struct painter *p, const struct live *l,
                       struct finding *f)
{
    size_t zeros = first_nonzero(view(p, l), l->size);

    if (zeros == l->size)
        return true;
    f->verdict = VERDICT_NOT_ZEROED;
    f->op = l->birth;
    f->address = l->address;
    f->size = l->size;
    f->birth = l->placed;
    f->offset = zeros;
    f->value = view(p, l)[zeros];
    return false;
}

bool painter_check_zeros(const struct painter *p, const struct op *ops,
                         uint64_t first, uint64_t count,
                         struct finding *finding)
{
    for (uint64_t i = first; i < first + count; i++) {
        const struct live *l = &p->oracle->live[op_slot(ops[i])];

        if (op_kind(ops[i]) == OP_CALLOC && l->in_use && l->birth == i &&
            l->placed == i && !block_zero(p, l, finding))
            return false;
    }
    return true;
}
