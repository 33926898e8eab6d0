/*
 * oracle.h - which addresses an allocator may return.
 *
 * The oracle follows a replay: it is told every change of the heap's shape and
 * every address that the allocator returned, and says what is wrong with the
 * first that is wrong. Its cost per operation does not grow with the number of
 * live blocks: a bit a granule of live payload, not an ordered structure.
 */
#ifndef ORACLE_H
#define ORACLE_H

#include "../memlib.h"
#include "finding.h"
#include "live.h"
#include "op.h"

#include <stdbool.h>

struct oracle {
    unsigned align;
    bool bounded; /* addresses have to lie in the simulated heap */
    bool lenient; /* when things happened within a batch is unknown */
    uint64_t base, limit;
    uint64_t brk, mapped, footprint; /* now, now, at the peak */
    uint64_t reach;      /* addresses below it may be heap: brk, or its peak */
    uint64_t refusals;   /* requests that memlib refused, all in all */
    uint64_t refused_op; /* the last operation in which it refused one */
    uint64_t payload;    /* live bytes now */
    uint32_t slot_count;
    struct live *live;
    struct bitset *granules;     /* of live payload */
    struct bitset *mapped_units; /* of MEM_UNIT bytes, from base on */
};

struct oracle_setup {
    unsigned align;
    bool bounded, lenient;
    uint64_t base, limit;
    uint32_t slot_count;
};

struct oracle *oracle_new(const struct oracle_setup *setup);
void oracle_delete(struct oracle *o);

/* Forget all: no block is live, the heap is empty. */
void oracle_reset(struct oracle *o);

/* The heap changed its shape during operation op. */
void oracle_event(struct oracle *o, const struct mem_event *event, uint64_t op);

/*
 * Operation number index returned address (0 for a free). True where all is
 * well; else *finding has the verdict, addresses, sizes and the collision.
 */
bool oracle_apply(struct oracle *o, struct op op, uint64_t index,
                  uint64_t address, struct finding *finding);

/* Is [address, address + size) in the heap or in mapped pages? */
bool oracle_in_heap(const struct oracle *o, uint64_t address, uint64_t size);

/* Is the MEM_UNIT at that offset mapped (lenient: or was it ever)? */
bool oracle_unit_mapped(const struct oracle *o, uint64_t at);

/*
 * The live block that contains address, or NULL; *below and *above the live
 * blocks nearest to it on either side, or NULL. Linear: for messages.
 */
const struct live *oracle_block_at(const struct oracle *o, uint64_t address,
                                   const struct live **below,
                                   const struct live **above);

/* The runs of heap bytes, [0, brk), that no live payload covers. */
struct gaps {
    uint64_t count, bytes, largest;
};

struct gaps oracle_gaps(const struct oracle *o);

#endif
