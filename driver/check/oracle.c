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

#include <stdio.h>
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
    o->placeable = bitset_new();
    o->refused_op = NO_OP;
    return o;
}

void oracle_delete(struct oracle *o)
{
    if (!o)
        return;
    bitset_delete(o->granules);
    bitset_delete(o->mapped_units);
    bitset_delete(o->placeable);
    free(o->given_back);
    free(o->live);
    free(o);
}

/* ---- Granules, and blocks by address. ---- */

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

/* ---- Events of the heap. ---- */

static void give_back(struct oracle *o, uint64_t at, uint64_t size)
{
    if (o->given_count == o->given_capacity) {
        o->given_capacity = o->given_capacity * 2 + 64;
        o->given_back = check_alloc(
            realloc(o->given_back, o->given_capacity * sizeof *o->given_back));
    }
    o->given_back[o->given_count++] = (struct area){at, size};
}

static uint64_t units_of(uint64_t size)
{
    return (size + MEM_UNIT - 1) / MEM_UNIT;
}

/* NULL, or what is wrong with the new break. */
static const char *move_break(struct oracle *o, uint64_t brk)
{
    if (brk > o->limit)
        return "a break beyond the heap limit";
    if (brk > o->brk && bitset_any(o->mapped_units, o->brk / MEM_UNIT,
                                   units_of(brk) - o->brk / MEM_UNIT))
        return "a break above pages that are mapped";
    if (brk < o->brk)
        give_back(o, brk, o->brk - brk);
    o->brk = brk;
    if (brk > o->reach || !o->lenient)
        o->reach = brk;
    return NULL;
}

static const char *map_pages(struct oracle *o, const struct mem_event *e)
{
    uint64_t first = e->at / MEM_UNIT, count = e->size / MEM_UNIT;

    if (e->at < o->brk)
        return "a mapping below the break";
    if (bitset_any(o->mapped_units, first, count))
        return "a mapping of pages that are mapped already";
    bitset_add(o->mapped_units, first, count);
    bitset_add(o->placeable, first, count);
    o->mapped += e->size;
    return NULL;
}

static const char *unmap_pages(struct oracle *o, const struct mem_event *e)
{
    uint64_t first = e->at / MEM_UNIT, count = e->size / MEM_UNIT;

    if (!bitset_all(o->mapped_units, first, count))
        return "that it unmapped pages that are not mapped";
    bitset_remove(o->mapped_units, first, count);
    if (!o->lenient)
        bitset_remove(o->placeable, first, count);
    give_back(o, e->at, e->size);
    o->mapped -= e->size;
    return NULL;
}

static const char *change_mapping(struct oracle *o, const struct mem_event *e)
{
    if (e->at % MEM_UNIT || e->size % MEM_UNIT || e->size == 0)
        return "a mapping that is not of whole pages";
    if (e->at > o->limit || e->size > o->limit - e->at)
        return "a mapping outside the heap's region";
    return e->kind == MEM_MAP ? map_pages(o, e) : unmap_pages(o, e);
}

static bool found_forgery(struct finding *f, uint64_t op, const char *what)
{
    char words[160];

    snprintf(words, sizeof words, "reported %s: memlib does no such thing",
             what);
    return op >= NO_OP - 1 ? finding_at(f, VERDICT_TAMPERED, AT_INIT, words)
                           : finding_text(f, VERDICT_TAMPERED, op, words);
}

bool oracle_event(struct oracle *o, const struct mem_event *event, uint64_t op,
                  struct finding *finding)
{
    const char *wrong = NULL;

    if (event->kind == MEM_BRK) {
        wrong = move_break(o, event->at);
    } else if (event->kind == MEM_REFUSED) {
        o->refusals++;
        o->refused_op = op;
    } else if (event->kind == MEM_MAP || event->kind == MEM_UNMAP) {
        wrong = change_mapping(o, event);
    } else {
        wrong = "an event that there is not";
    }
    if (!wrong && o->brk + o->mapped > o->limit)
        wrong = "more memory than the heap limit";
    if (o->brk + o->mapped > o->footprint)
        o->footprint = o->brk + o->mapped;
    return !wrong || found_forgery(finding, op, wrong);
}

/*
 * A live block with bytes in [at, at + size), or NULL. Linear time, but only
 * where there is one.
 */
static const struct live *block_in(const struct oracle *o, uint64_t at,
                                   uint64_t size)
{
    uint64_t first = granule_of(o->base + at);

    if (!bitset_any(o->granules, first,
                    granule_of(o->base + at + size - 1) - first + 1))
        return NULL;
    return collision(o, o->base + at, size);
}

/* Is any byte of it live that is neither heap nor mapped now? */
static const struct live *lost_block(const struct oracle *o,
                                     const struct area *a)
{
    uint64_t at = a->at > o->brk ? a->at : o->brk, end = a->at + a->size;

    while (at < end) {
        uint64_t stop = (at / MEM_UNIT + 1) * MEM_UNIT;

        stop = stop < end ? stop : end;
        const struct live *l = bitset_any(o->mapped_units, at / MEM_UNIT, 1)
                                   ? NULL
                                   : block_in(o, at, stop - at);
        if (l)
            return l;
        at = stop;
    }
    return NULL;
}

static bool found_lost(struct finding *f, uint64_t op, const struct live *l)
{
    f->placed = l->placed;
    f->other_op = op;
    return found(f, VERDICT_OUT_OF_HEAP, op, l->address, l->size);
}

/* From the next batch on, what is not mapped now holds no new block. */
static void settle_area(struct oracle *o, const struct area *a)
{
    for (uint64_t unit = a->at / MEM_UNIT; unit < units_of(a->at + a->size);
         unit++)
        if (!bitset_any(o->mapped_units, unit, 1))
            bitset_remove(o->placeable, unit, 1);
}

bool oracle_settle(struct oracle *o, uint64_t op, struct finding *finding)
{
    const struct live *lost = NULL;

    for (size_t i = 0; i < o->given_count && !lost; i++) {
        const struct area *a = &o->given_back[i];

        lost = lost_block(o, a);
        if (o->lenient)
            settle_area(o, a);
    }
    o->given_count = 0;
    o->reach = o->brk;
    if (lost && o->bounded)
        return found_lost(finding, op, lost);
    return !o->bounded || o->payload <= o->brk + o->mapped ||
           found_forgery(finding, op, "less memory than it has handed out");
}

bool oracle_in_heap(const struct oracle *o, uint64_t address, uint64_t size)
{
    uint64_t at = address - o->base;

    if (address < o->base || at > o->limit || size > o->limit - at)
        return false;
    if (at + size <= o->reach)
        return true;
    uint64_t first = at / MEM_UNIT, last = (at + size - (size > 0)) / MEM_UNIT;
    return bitset_all(o->placeable, first, last - first + 1);
}

bool oracle_unit_mapped(const struct oracle *o, uint64_t at)
{
    return bitset_any(o->mapped_units, at / MEM_UNIT, 1);
}

/* ---- Blocks. ---- */

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
    bitset_remove(o->placeable, 0, o->limit / MEM_UNIT);
    o->given_count = 0;
    o->brk = o->mapped = o->footprint = o->reach = o->refusals = 0;
    o->refused_op = NO_OP;
    o->placement = 0;
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
