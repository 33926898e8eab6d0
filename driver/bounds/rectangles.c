/*
 * rectangles.c - one pass over the trace, with a table that tells each slot's
 * rectangle while its block is live.
 */
#include "rectangles.h"

#include "base/fatal.h"

#include <stdlib.h>

#define MAX_BYTES ((uint64_t)1 << 62)

enum { MAX_RECTANGLES = 1 << 23, FIRST_CAPACITY = 1 << 10 };

#define NO_RECTANGLE UINT32_MAX

struct builder {
    struct rectangles *r;
    uint32_t capacity; /* rectangles that r->item has room for */
    uint32_t *of_slot; /* the live rectangle of each slot, or NO_RECTANGLE */
    uint64_t align;
    unsigned granule; /* log2 of align */
    uint64_t live;    /* bytes that live now */
    uint64_t total;   /* bytes of all rectangles and their largest padding */
    bool in_deaths;   /* a block died: the next birth begins a new moment */
};

static void end_block(struct builder *x, uint32_t slot)
{
    uint32_t i = x->of_slot[slot];

    x->of_slot[slot] = NO_RECTANGLE;
    if (i == NO_RECTANGLE)
        return;
    x->r->item[i].end = x->r->moments;
    x->live -= x->r->item[i].size;
    x->in_deaths = true;
}

static void note_load(struct builder *x)
{
    if (x->live <= x->r->load)
        return;
    x->r->load = x->live;
    x->r->peak_moment = x->r->moments - 1;
}

static unsigned alignment_of(const struct builder *x, struct op op)
{
    return op_alignment_bits(op) > x->granule ? op_alignment_bits(op)
                                              : x->granule;
}

static void begin_block(struct builder *x, struct op op, uint64_t index)
{
    struct rectangles *r = x->r;
    uint64_t size = (op_payload(op) + x->align - 1) & ~(x->align - 1);

    if (size == 0)
        return;
    if (r->count == x->capacity) {
        x->capacity *= 2;
        r->item = check_alloc(realloc(r->item, x->capacity * sizeof *r->item));
    }
    r->moments += x->in_deaths;
    x->in_deaths = false;
    x->of_slot[op_slot(op)] = r->count;
    r->item[r->count++] = (struct rectangle){.size = size,
                                             .op = index,
                                             .begin = r->moments - 1,
                                             .log2 = alignment_of(x, op)};
    r->alignments |= (uint64_t)1 << alignment_of(x, op);
    x->live += size;
    x->total += size + ((uint64_t)1 << alignment_of(x, op));
    note_load(x);
}

/* Apply an operation; false if the rectangles have become too large. */
static bool follow(struct builder *x, struct op op, uint64_t index)
{
    if (!op_has_block(op))
        return true;
    end_block(x, op_slot(op));
    if (!op_ends(op))
        begin_block(x, op, index);
    return x->total < MAX_BYTES && x->r->count < MAX_RECTANGLES;
}

static void end_all(struct builder *x, uint32_t slots)
{
    for (uint32_t slot = 0; slot < slots; slot++)
        end_block(x, slot);
}

struct rectangles *rectangles_from(const struct trace *t, unsigned align)
{
    struct rectangles *r = check_alloc(calloc(1, sizeof *r));
    struct builder x = {.r = r, .align = align};

    x.granule = (unsigned)__builtin_ctz(align);
    x.of_slot =
        check_alloc(malloc(((size_t)t->slot_count + 1) * sizeof *x.of_slot));
    for (uint32_t slot = 0; slot <= t->slot_count; slot++)
        x.of_slot[slot] = NO_RECTANGLE;
    x.capacity = FIRST_CAPACITY;
    r->item = check_alloc(malloc(x.capacity * sizeof *r->item));
    r->moments = 1;
    r->alignments = align;
    for (uint64_t i = 0; i < t->op_count && !r->too_large; i++) {
        r->too_large = !follow(&x, t->ops[i], i);
        trace_release_before(t, i);
    }
    end_all(&x, t->slot_count);
    free(x.of_slot);
    return r;
}

void rectangles_delete(struct rectangles *r)
{
    if (!r)
        return;
    free(r->item);
    free(r);
}
