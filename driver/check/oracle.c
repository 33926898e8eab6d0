/*
 * oracle.c - one bit per granule of 8 bytes, set where live payload is.
 *
 * 8 is the smallest alignment, so every payload starts at a granule's start.
 * Two payloads therefore overlap if and only if they share a granule: each
 * covers the first byte of every granule that it touches. To place a block is
 * to test its bits and set them; to remove it is to clear them. A 64-bit word
 * of bits covers 512 bytes of heap.
 */
#include "oracle.h"

#include "base/bitset.h"
#include "base/fatal.h"

#include <stdlib.h>

enum { GRANULE = 8 };

struct oracle *oracle_new(const struct oracle_setup *setup)
{
    struct oracle *o = check_alloc(calloc(1, sizeof *o));

    o->align = setup->align;
    o->bounded = setup->bounded;
    o->lenient = setup->lenient;
    o->base = setup->base;
    o->limit = setup->limit;
    o->slot_count = setup->slot_count;
    o->live = check_alloc(calloc(setup->slot_count + 1, sizeof *o->live));
    o->granules = bitset_new();
    o->mapped_units = bitset_new();
    o->refused_op = NO_OP;
    return o;
}

void oracle_delete(struct oracle *o)
{
    if (!o)
        return;
    bitset_delete(o->granules);
    bitset_delete(o->mapped_units);
    free(o->live);
    free(o);
}

/* ---- Events of the heap. ---- */

static void note_break(struct oracle *o, uint64_t brk)
{
    if (brk > o->limit)
        return;
    o->brk = brk;
    if (brk > o->reach || !o->lenient)
        o->reach = brk;
}

static void note_mapping(struct oracle *o, const struct mem_event *e)
{
    if (e->at > o->limit || e->size > o->limit - e->at)
        return;
    if (e->kind == MEM_MAP) {
        bitset_add(o->mapped_units, e->at / MEM_UNIT, e->size / MEM_UNIT);
        o->mapped += e->size;
        return;
    }
    if (!o->lenient)
        bitset_remove(o->mapped_units, e->at / MEM_UNIT, e->size / MEM_UNIT);
    o->mapped -= e->size < o->mapped ? e->size : o->mapped;
}

void oracle_event(struct oracle *o, const struct mem_event *event, uint64_t op)
{
    if (event->kind == MEM_BRK) {
        note_break(o, event->at);
    } else if (event->kind == MEM_REFUSED) {
        o->refusals++;
        o->refused_op = op;
    } else {
        note_mapping(o, event);
    }
    if (o->brk + o->mapped > o->footprint)
        o->footprint = o->brk + o->mapped;
}

bool oracle_in_heap(const struct oracle *o, uint64_t address, uint64_t size)
{
    uint64_t at = address - o->base;

    if (address < o->base || at > o->limit || size > o->limit - at)
        return false;
    if (at + size <= o->reach)
        return true;
    uint64_t first = at / MEM_UNIT, last = (at + size - (size > 0)) / MEM_UNIT;
    return bitset_all(o->mapped_units, first, last - first + 1);
}

bool oracle_unit_mapped(const struct oracle *o, uint64_t at)
{
    return bitset_any(o->mapped_units, at / MEM_UNIT, 1);
}

/* ---- Blocks. ---- */

static uint64_t granule_of(uint64_t address)
{
    return address / GRANULE;
}

static uint64_t granules_of(uint64_t size)
{
    return (size + GRANULE - 1) / GRANULE;
}

static bool found(struct finding *f, enum verdict verdict, uint64_t op,
                  uint64_t address, uint64_t size)
{
    f->address = address;
    f->size = size;
    return finding_set(f, verdict, op);
}

/* A live block that shares bytes with [address, address + size), or NULL. */
static const struct live *collision(const struct oracle *o, uint64_t address,
                                    uint64_t size)
{
    for (uint32_t slot = 0; slot < o->slot_count; slot++) {
        const struct live *l = &o->live[slot];

        if (l->in_use && l->size && l->address < address + size &&
            address < l->address + l->size)
            return l;
    }
    return NULL;
}

static bool found_overlap(const struct oracle *o, struct finding *f,
                          uint64_t op, uint64_t address, uint64_t size)
{
    const struct live *l = collision(o, address, size);

    found(f, VERDICT_OVERLAP, op, address, size);
    if (l) {
        f->other_op = l->placed;
        f->other_address = l->address;
        f->other_size = l->size;
    }
    return false;
}

/*
 * A malloc of the system may align a block smaller than 16 bytes to 8: C allows
 * it, for no object of that size needs more.
 */
static uint64_t alignment_asked(const struct oracle *o, struct op op)
{
    uint64_t align = !o->bounded && op_payload(op) < 16 ? GRANULE : o->align;

    if (1ull << op_alignment_bits(op) > align)
        return 1ull << op_alignment_bits(op);
    return align;
}

static bool place_block(struct oracle *o, struct op op, uint64_t index,
                        uint64_t birth, uint64_t address, struct finding *f)
{
    struct live *l = &o->live[op_slot(op)];
    uint64_t size = op_payload(op), align = alignment_asked(o, op);

    if (size > 0) {
        if (address % align != 0) {
            f->expected = align;
            return found(f, VERDICT_MISALIGNED, index, address, size);
        }
        if (o->bounded && !oracle_in_heap(o, address, size))
            return found(f, VERDICT_OUT_OF_HEAP, index, address, size);
        if (bitset_any(o->granules, granule_of(address), granules_of(size)))
            return found_overlap(o, f, index, address, size);
        bitset_add(o->granules, granule_of(address), granules_of(size));
    }
    o->payload += size;
    *l = (struct live){address, size, birth, index, true, false};
    return true;
}

static void remove_block(struct oracle *o, struct live *l)
{
    if (l->size > 0)
        bitset_remove(o->granules, granule_of(l->address),
                      granules_of(l->size));
    o->payload -= l->size;
}

/*
 * Bytes that are enough for the block wherever memlib puts them, aligned to
 * o->align. At most 2^48, so no sum overflows.
 */
static uint64_t memory_needed(const struct oracle *o, struct op op)
{
    return op_payload(op) + alignment_asked(o, op) - o->align;
}

/*
 * NULL is justified if memlib refused a request during the operation, or would
 * have refused the memory that the block needs.
 */
static bool null_justified(const struct oracle *o, uint64_t index, struct op op)
{
    return !o->bounded || o->refused_op == index ||
           (o->lenient && o->refusals > 0) ||
           memory_needed(o, op) > o->limit - o->brk - o->mapped;
}

static bool found_null(struct oracle *o, struct op op, uint64_t index,
                       struct finding *f)
{
    struct live *l = &o->live[op_slot(op)];

    if (!l->in_use)
        *l = (struct live){.refused = true};
    return found(
        f, null_justified(o, index, op) ? VERDICT_NO_MEMORY : VERDICT_NULL,
        index, 0, op_payload(op));
}

bool oracle_apply(struct oracle *o, struct op op, uint64_t index,
                  uint64_t address, struct finding *finding)
{
    struct live *l = &o->live[op_slot(op)];

    if (!op_has_block(op))
        return true;
    if (!op_ends(op) && address == 0 && op_payload(op) > 0)
        return found_null(o, op, index, finding);
    uint64_t birth = l->in_use ? l->birth : index;
    if (l->in_use)
        remove_block(o, l);
    *l = (struct live){0};
    return op_ends(op) || place_block(o, op, index, birth, address, finding);
}

void oracle_reset(struct oracle *o)
{
    for (uint32_t slot = 0; slot < o->slot_count; slot++) {
        if (o->live[slot].in_use)
            remove_block(o, &o->live[slot]);
        o->live[slot] = (struct live){0};
    }
    bitset_remove(o->mapped_units, 0, o->limit / MEM_UNIT);
    o->brk = o->mapped = o->footprint = o->reach = o->refusals = 0;
    o->refused_op = NO_OP;
}

/* ---- For messages and the timeline. ---- */

const struct live *oracle_block_at(const struct oracle *o, uint64_t address,
                                   const struct live **below,
                                   const struct live **above)
{
    const struct live *inside = NULL;

    *below = *above = NULL;
    for (uint32_t slot = 0; slot < o->slot_count; slot++) {
        const struct live *l = &o->live[slot];

        if (!l->in_use)
            continue;
        if (l->address <= address && address < l->address + l->size)
            inside = l;
        else if (l->address <= address &&
                 (!*below || l->address > (*below)->address))
            *below = l;
        else if (l->address > address &&
                 (!*above || l->address < (*above)->address))
            *above = l;
    }
    return inside;
}

struct gaps oracle_gaps(const struct oracle *o)
{
    struct gaps gaps = {0, 0, 0};
    uint64_t at = granule_of(o->base), end = granule_of(o->base + o->brk);

    while (at < end) {
        uint64_t start = bitset_find(o->granules, at, end, false);
        uint64_t stop = bitset_find(o->granules, start, end, true);
        uint64_t bytes = (stop - start) * GRANULE;

        gaps.count += bytes > 0;
        gaps.bytes += bytes;
        if (bytes > gaps.largest)
            gaps.largest = bytes;
        at = stop;
    }
    return gaps;
}
