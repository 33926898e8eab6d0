/*
 * requests.h - what an adversary plays with.
 *
 * It asks for blocks and gives them back; game_move has the allocator carry
 * that out, and then the addresses are known. Never more than the budget is
 * live, whatever is asked. Everything asked and given is the game's trace.
 */
#ifndef REQUESTS_H
#define REQUESTS_H

#include "trace/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct adversary_block {
    uint64_t address, size; /* bytes; address 0: not known yet */
    bool live;
};

struct requests;

/*
 * Has the allocator carry out the operations of game->trace that are new and
 * sets the addresses of its new blocks. False: it failed, or was interrupted.
 */
typedef bool requests_carry_out(struct requests *requests, void *context);

struct requests {
    /* Set by the caller. */
    uint64_t unit;      /* bytes */
    uint64_t max_units; /* n: a request is of at most so many units */
    uint64_t budget;    /* M: so many units are live at most */
    uint64_t random;
    requests_carry_out *carry_out;
    void *context;

    /* Set by game_begin. */
    struct trace *trace;            /* its owner is the caller */
    struct adversary_block *blocks; /* by slot */
    uint32_t slot_count;
    uint64_t live_bytes; /* bytes asked and not given back */
    uint64_t submitted;  /* operations carried out */
    bool ended;

    /* Private. */
    uint32_t *free_slots, *sorted;
    uint32_t free_slot_count;
};

/* Begin: the caller's part is set; the trace is named by path. */
void requests_begin(struct requests *r, const char *path);

/* Free all but the trace. */
void requests_end(struct requests *r);

enum { NO_SLOT = UINT32_MAX, MIN_FRACTION = 2 };

/*
 * Ask for a block of so many bytes, at least unit / SMALLEST_PART; returns its
 * slot, NO_SLOT where the budget does not allow it.
 */
uint32_t requests_alloc(struct requests *r, uint64_t bytes);

/* Ask for such blocks until the budget is full; returns how many. */
uint64_t requests_fill(struct requests *r, uint64_t bytes);

void requests_free(struct requests *r, uint32_t slot);

/* Have it carried out. False: the game is over, there is nothing more to do. */
bool requests_submit(struct requests *r);

/* Slots of the live blocks by address, *count of them; valid until the next. */
const uint32_t *requests_by_address(struct requests *r, uint32_t *count);

#endif
