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
#include "holes.h"

#include <stdlib.h>

/* Stop there: no memory is as large, and a little further sums overflow. */
#define HIGHEST_BREAK ((uint64_t)1 << 62)

struct run {
    struct holes *holes;
    struct block **of_slot; /* live blocks */
    uint64_t align;
    unsigned granule; /* its log2 */
};

static uint64_t size_asked(const struct run *r, struct op op)
{
    uint64_t payload = op_payload(op);

    return payload > 0 ? (payload + r->align - 1) & ~(r->align - 1) : r->align;
}

/* Which alignment it asks for, as log2: none is less than the granule. */
static unsigned alignment_asked(const struct run *r, struct op op)
{
    return op_alignment_bits(op) > r->granule ? op_alignment_bits(op)
                                              : r->granule;
}

/* Returns where its block is then; 0 where there is none. */
static uint64_t apply(struct run *r, struct op op)
{
    struct block **block = &r->of_slot[op_slot(op)];

    if (!op_has_block(op))
        return 0;
    if (op_ends(op)) {
        holes_give(r->holes, *block);
        return 0;
    }
    if (op_begins(op))
        *block =
            holes_take(r->holes, size_asked(r, op), alignment_asked(r, op));
    else
        *block = holes_resize(r->holes, *block, size_asked(r, op));
    return holes_address(*block);
}

static void open_run(struct run *r, const struct trace *t, unsigned align)
{
    uint64_t alignments = align;

    *r = (struct run){.align = align};
    r->granule = (unsigned)__builtin_ctz(align);
    r->of_slot =
        check_alloc(calloc((size_t)t->slot_count + 1, sizeof *r->of_slot));
    for (uint64_t i = 0; i < t->op_count; i++) {
        alignments |= (uint64_t)1 << alignment_asked(r, t->ops[i]);
        trace_walk(t, i);
    }
    r->holes = holes_new(alignments);
}

static void close_run(struct run *r)
{
    holes_delete(r->holes);
    free(r->of_slot);
}

uint64_t best_fit_place(const struct trace *trace, unsigned align,
                        uint64_t *address)
{
    struct run r;

    open_run(&r, trace, align);
    for (uint64_t i = 0; i < trace->op_count; i++) {
        uint64_t at =
            holes_top(r.holes) < HIGHEST_BREAK ? apply(&r, trace->ops[i]) : 0;

        if (address)
            address[i] = at;
        trace_walk(trace, i);
    }
    uint64_t highest = holes_top(r.holes);
    close_run(&r);
    return highest;
}
