/*
 * requests.c - keep the budget, give out slots, and record the trace.
 */
#define _GNU_SOURCE
#include "requests.h"

#include "base/fatal.h"

#include <assert.h>
#include <stdlib.h>

void requests_begin(struct requests *r, const char *path)
{
    r->slot_count = (uint32_t)(r->budget * MIN_FRACTION);
    r->trace = trace_new(path, r->slot_count);
    r->blocks = check_alloc(calloc(r->slot_count, sizeof *r->blocks));
    r->free_slots = check_alloc(malloc(r->slot_count * sizeof *r->free_slots));
    r->sorted = check_alloc(malloc(r->slot_count * sizeof *r->sorted));
    r->free_slot_count = r->slot_count;
    for (uint32_t i = 0; i < r->slot_count; i++)
        r->free_slots[i] = r->slot_count - 1 - i;
    r->live_bytes = r->submitted = 0;
    r->ended = false;
}

void requests_end(struct requests *r)
{
    free(r->blocks);
    free(r->free_slots);
    free(r->sorted);
}

uint32_t requests_alloc(struct requests *r, uint64_t bytes)
{
    assert(bytes * MIN_FRACTION >= r->unit);
    if (bytes > r->budget * r->unit - r->live_bytes)
        return NO_SLOT;
    uint32_t slot = r->free_slots[--r->free_slot_count];

    r->blocks[slot] = (struct adversary_block){0, bytes, true};
    r->live_bytes += bytes;
    trace_add(r->trace, op_make(OP_ALLOC, slot, bytes, 0));
    return slot;
}

uint64_t requests_fill(struct requests *r, uint64_t bytes)
{
    uint64_t count = 0;

    while (requests_alloc(r, bytes) != NO_SLOT)
        count++;
    return count;
}

void requests_free(struct requests *r, uint32_t slot)
{
    struct adversary_block *b = &r->blocks[slot];

    assert(b->live);
    b->live = false;
    r->live_bytes -= b->size;
    r->free_slots[r->free_slot_count++] = slot;
    trace_add(r->trace, op_make(OP_FREE, slot, 0, 0));
}

bool requests_submit(struct requests *r)
{
    r->ended = r->ended || !r->carry_out(r, r->context);
    r->submitted = r->trace->op_count;
    return !r->ended;
}

static int by_address(const void *a, const void *b, void *blocks)
{
    uint64_t x =
        ((struct adversary_block *)blocks)[*(const uint32_t *)a].address;
    uint64_t y =
        ((struct adversary_block *)blocks)[*(const uint32_t *)b].address;

    return (x > y) - (x < y);
}

const uint32_t *requests_by_address(struct requests *r, uint32_t *count)
{
    *count = 0;
    for (uint32_t slot = 0; slot < r->slot_count; slot++)
        if (r->blocks[slot].live)
            r->sorted[(*count)++] = slot;
    qsort_r(r->sorted, *count, sizeof *r->sorted, by_address, r->blocks);
    return r->sorted;
}
