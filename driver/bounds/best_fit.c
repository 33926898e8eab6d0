/*
 * best_fit.c - the heap that an allocator would have which wastes nothing on
 * itself.
 *
 * An allocator loses memory in three ways: to padding, to what it writes beside
 * the payloads, and to where it puts them. The first is the trace's; the second
 * can be anything from nothing to a header a block. This is a heap without
 * headers, of which only addresses exist, so that what is lost beyond padding
 * is lost to placement: by best fit, the smallest hole that fits, and of equals
 * the lowest, with every hole merged with its neighbours at once. On programs
 * best fit places about as well as can be without knowing what comes:
 * M. Johnstone and P. Wilson, "The Memory Fragmentation Problem: Solved?", ISMM
 * 1998, which leaves out headers for the same reason.
 *
 * holes.c is that heap. The granule is the alignment asked of every payload.
 */
#include "best_fit.h"

#include "base/fatal.h"
#include "ideal_heap.h"

#include <stdlib.h>

/* Stop there: no memory is as large, and a little further sums overflow. */
#define MAX_BREAK ((uint64_t)1 << 62)

struct simulation {
    struct ideal_heap *heap;
    struct extent **extent_of_slot; /* live blocks */
    uint64_t align;
    unsigned granule; /* its log2 */
};

static uint64_t size_asked(const struct simulation *r, struct op op)
{
    uint64_t payload = op_payload(op);

    return payload > 0 ? (payload + r->align - 1) & ~(r->align - 1) : r->align;
}

/* Which alignment it asks for, as log2: none is less than the granule. */
static unsigned alignment_asked(const struct simulation *r, struct op op)
{
    return op_kind(op) == OP_ALIGNED && op.arg > r->granule ? op.arg
                                                            : r->granule;
}

/* Returns where its block is then; 0 where there is none. */
static uint64_t apply(struct simulation *r, struct op op)
{
    struct extent **extent = &r->extent_of_slot[op_slot(op)];

    if (op_kind(op) == OP_FREE_NULL)
        return 0;
    if (op_ends(op)) {
        ideal_heap_free(r->heap, *extent);
        return 0;
    }
    if (op_begins(op))
        *extent = ideal_heap_alloc(r->heap, size_asked(r, op),
                                   alignment_asked(r, op));
    else
        *extent = ideal_heap_resize(r->heap, *extent, size_asked(r, op));
    return ideal_heap_address(*extent);
}

static void begin_simulation(struct simulation *r, const struct trace *t,
                             unsigned align)
{
    uint64_t alignments = align;

    *r = (struct simulation){.align = align};
    r->granule = (unsigned)__builtin_ctz(align);
    r->extent_of_slot = check_alloc(
        calloc((size_t)t->slot_count + 1, sizeof *r->extent_of_slot));
    for (uint64_t i = 0; i < t->op_count; i++) {
        alignments |= (uint64_t)1 << alignment_asked(r, t->ops[i]);
        trace_walk(t, i);
    }
    r->heap = ideal_heap_new(alignments);
}

static void end_simulation(struct simulation *r)
{
    ideal_heap_delete(r->heap);
    free(r->extent_of_slot);
}

uint64_t best_fit_place(const struct trace *trace, unsigned align,
                        uint64_t *address)
{
    struct simulation r;

    begin_simulation(&r, trace, align);
    for (uint64_t i = 0; i < trace->op_count; i++) {
        uint64_t at =
            ideal_heap_break(r.heap) < MAX_BREAK ? apply(&r, trace->ops[i]) : 0;

        if (address)
            address[i] = at;
        trace_walk(trace, i);
    }
    uint64_t highest = ideal_heap_break(r.heap);
    end_simulation(&r);
    return highest;
}
