/*
 * oracle.h - the record of live blocks, and the rules for new addresses.
 *
 * During a replay the oracle receives every event of the heap and every address
 * that the allocator returned. It reports the first event or address that is
 * wrong, and why: events too are the worker's word. Time per operation depends
 * on the block's size, not on the number of live blocks: the oracle has one bit
 * per granule of 8 bytes, no sorted list.
 */
#ifndef ORACLE_H
#define ORACLE_H

#include "memlib.h"
#include "finding.h"
#include "live.h"
#include "trace/op.h"

#include <stdbool.h>

struct oracle {
    unsigned align;
    bool bounded;         /* addresses must be in the simulated heap */
    bool lenient;         /* the order of events within a batch is unknown */
    uint64_t base, limit; /* address and size of the region, bytes */
    uint64_t brk, mapped, footprint; /* bytes: heap, mappings, peak of both */
    uint64_t reach;      /* the end of the heap; if lenient, its peak in the
                            batch */
    uint64_t refusals;   /* how many requests memlib refused */
    uint64_t refused_op; /* the last operation in which it refused one */
    uint64_t payload;    /* live bytes */
    uint64_t placement;  /* a hash of all addresses, counted from the base */
    uint32_t slot_count;
    struct live *live;           /* by slot */
    struct bitset *granules;     /* set where live payload is */
    struct bitset *mapped_units; /* set where MEM_UNITs from base are mapped */
    struct bitset *placeable;    /* the same, or if lenient were in the batch */
    struct area *given_back;     /* since the last oracle_settle */
    size_t given_count, given_capacity;
};

struct area {
    uint64_t at, size; /* bytes, from base */
};

struct oracle_setup {
    unsigned align;
    bool bounded, lenient;
    uint64_t base, limit;
    uint32_t slot_count;
};

struct oracle *oracle_new(const struct oracle_setup *setup);
void oracle_delete(struct oracle *o);

/* Back to no live block and an empty heap. */
void oracle_reset(struct oracle *o);

/*
 * The break moved, or pages were mapped or unmapped, during operation op. False
 * if that cannot be: *finding has the verdict.
 */
bool oracle_event(struct oracle *o, const struct mem_event *event, uint64_t op,
                  struct finding *finding);

/*
 * After the events of operation op and its address, or if lenient of the batch
 * that ends with it: no live block may be in memory that was given back, and
 * the payload fits into what was taken.
 */
bool oracle_settle(struct oracle *o, uint64_t op, struct finding *finding);

/*
 * Operation number index returned address (0 for a free). True if the address
 * is allowed; else *finding has the verdict and the blocks concerned.
 */
bool oracle_apply(struct oracle *o, struct op op, uint64_t index,
                  uint64_t address, struct finding *finding);

/* Is [address, address + size) all below the break or all in mapped pages? */
bool oracle_in_heap(const struct oracle *o, uint64_t address, uint64_t size);

/* Is the MEM_UNIT at offset `at` mapped? */
bool oracle_unit_mapped(const struct oracle *o, uint64_t at);

/*
 * The live block that contains address, or NULL. *below and *above are the
 * nearest live blocks on either side, or NULL. Linear time, for messages only.
 */
const struct live *oracle_block_at(const struct oracle *o, uint64_t address,
                                   const struct live **below,
                                   const struct live **above);

/* The runs of heap bytes below the break that no live payload covers. */
struct gaps {
    uint64_t count, bytes, largest; /* largest in bytes */
};

struct gaps oracle_gaps(const struct oracle *o);

#endif
