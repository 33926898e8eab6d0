/*
 * requests.h - an adversary's requests, and the blocks that answer them.
 *
 * An adversary allocates and frees blocks here. requests_submit has the
 * allocator carry the new operations out; only then the addresses of the new
 * blocks are known. The budget M bounds the bytes that are live at once. All
 * operations are added to a trace.
 */
#ifndef REQUESTS_H
#define REQUESTS_H

#include "trace/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct adversary_block {
    uint64_t address; /* 0: not submitted yet */
    uint64_t size;    /* bytes */
    bool live;        /* else the slot is unused */
};

struct requests;

/*
 * Have the allocator carry out the operations of requests->trace from
 * requests->submitted on, and set the addresses of the new blocks. Returns
 * false if the allocator failed or the run was interrupted.
 */
typedef bool requests_carry_out(struct requests *requests, void *context);

struct requests {
    /* Set by the caller. */
    uint64_t unit;      /* bytes */
    uint64_t max_units; /* n: the largest request, in units */
    uint64_t budget;    /* M: the units that are live at most */
    uint64_t random;    /* state of random.h, for the adversary's choices */
    requests_carry_out *carry_out;
    void *context; /* of carry_out */

    /* Set by requests_begin. */
    struct trace *trace;            /* the caller deletes it */
    struct adversary_block *blocks; /* by slot */
    uint32_t slot_count;
    uint64_t live_bytes; /* bytes of the live blocks */
    uint64_t submitted;  /* operations that were carried out */
    bool ended;          /* carry_out returned false: no more requests */

    /* Private. */
    uint32_t *free_slots, *sorted;
    uint32_t free_slot_count;
};

/* Begin, with the caller's fields set; path is the trace's name. */
void requests_begin(struct requests *r, const char *path);

/* Free everything except the trace. */
void requests_end(struct requests *r);

enum { NO_SLOT = UINT32_MAX, MIN_FRACTION = 2 };

/*
 * Request a block of so many bytes, at least unit / MIN_FRACTION. Returns its
 * slot, or NO_SLOT if it would exceed the budget.
 */
uint32_t requests_alloc(struct requests *r, uint64_t bytes);

/* Request blocks of that size until the budget is used up; returns how many. */
uint64_t requests_fill(struct requests *r, uint64_t bytes);

/* Free the live block of that slot. */
void requests_free(struct requests *r, uint32_t slot);

/* Have the new requests carried out; returns false if the run has ended. */
bool requests_submit(struct requests *r);

/*
 * The slots of the *count live blocks, sorted by address. The array is valid
 * until the next call.
 */
const uint32_t *requests_by_address(struct requests *r, uint32_t *count);

#endif
