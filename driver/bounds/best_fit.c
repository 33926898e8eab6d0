/*
 * best_fit.c - replay a trace in a heap that has no metadata (ideal_heap.c).
 *
 * An allocator loses memory in three ways: it rounds payloads up to the
 * alignment, it writes metadata beside them, and it places blocks so that free
 * memory between them is of no use. The trace decides the first loss; the
 * second is anything from nothing to a header per block. In a heap of addresses
 * alone only the third loss is left: what exceeds the load (bounds.h) is the
 * cost of placement.
 *
 * The placement policy is best fit: a request gets the smallest free extent
 * that it fits into, the lowest of equals, and a freed block merges with its
 * free neighbours at once. For programs it is about the best policy that is
 * known on-line: M. Johnstone and P. Wilson, "The Memory Fragmentation Problem:
 * Solved?", ISMM 1998. That paper leaves out headers for the same reason.
 *
 * The heap's granule is the alignment that every payload gets.
 */
#include "best_fit.h"

#include "base/fatal.h"
#include "ideal_heap.h"

#include <stdlib.h>

/*
 * The simulation stops when the break is this high, in bytes: no machine has as
 * much memory, and sums of addresses and sizes do not overflow below it.
 */
#define MAX_BREAK ((uint64_t)1 << 62)

struct simulation {
    struct ideal_heap *heap;
    struct extent **extent_of_slot; /* valid while the slot's block is live */
    uint64_t align;
    unsigned granule; /* its log2 */
};

static uint64_t requested_size(const struct simulation *s, struct op op)
{
    uint64_t payload = op_payload(op);

    return payload > 0 ? (payload + s->align - 1) & ~(s->align - 1) : s->align;
}

/* The log2 of the operation's alignment, at least that of the granule. */
static unsigned requested_alignment(const struct simulation *s, struct op op)
{
    return op_alignment_bits(op) > s->granule ? op_alignment_bits(op)
                                              : s->granule;
}

/* Carry out the operation; returns its block's address, 0 after a free. */
static uint64_t apply(struct simulation *s, struct op op)
{
    struct extent **extent = &s->extent_of_slot[op_slot(op)];

    if (!op_has_block(op))
        return 0;
    if (op_ends(op)) {
        ideal_heap_free(s->heap, *extent);
        return 0;
    }
    if (op_begins(op))
        *extent = ideal_heap_alloc(s->heap, requested_size(s, op),
                                   requested_alignment(s, op));
    else
        *extent = ideal_heap_resize(s->heap, *extent, requested_size(s, op));
    return ideal_heap_address(*extent);
}

static void begin_simulation(struct simulation *s, const struct trace *t,
                             unsigned align)
{
    uint64_t alignments = align;

    *s = (struct simulation){.align = align};
    s->granule = (unsigned)__builtin_ctz(align);
    s->extent_of_slot = check_alloc(
        calloc((size_t)t->slot_count + 1, sizeof *s->extent_of_slot));
    for (uint64_t i = 0; i < t->op_count; i++) {
        alignments |= (uint64_t)1 << requested_alignment(s, t->ops[i]);
        trace_release_before(t, i);
    }
    s->heap = ideal_heap_new(alignments);
}

static void end_simulation(struct simulation *s)
{
    ideal_heap_delete(s->heap);
    free(s->extent_of_slot);
}

uint64_t best_fit_place(const struct trace *trace, unsigned align,
                        uint64_t *address)
{
    struct simulation s;

    begin_simulation(&s, trace, align);
    for (uint64_t i = 0; i < trace->op_count; i++) {
        uint64_t at =
            ideal_heap_break(s.heap) < MAX_BREAK ? apply(&s, trace->ops[i]) : 0;

        if (address)
            address[i] = at;
        trace_release_before(trace, i);
    }
    uint64_t highest = ideal_heap_break(s.heap);
    end_simulation(&s);
    return highest;
}
