/*
 * game.h - what an adversary plays with.
 *
 * It asks for blocks and gives them back; game_move has the allocator carry
 * that out, and then the addresses are known. Never more than the budget is
 * live, whatever is asked. Everything asked and given is the game's trace.
 */
#ifndef GAME_H
#define GAME_H

#include "trace/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct block {
    uint64_t address, size; /* bytes; address 0: not known yet */
    bool live;
};

struct game;

/*
 * Has the allocator carry out the operations of game->trace that are new and
 * sets the addresses of its new blocks. False: it failed, or was interrupted.
 */
typedef bool answer(struct game *game, void *allocator);

struct game {
    /* Set by the caller. */
    uint64_t unit;    /* bytes */
    uint64_t largest; /* n: a request is of at most so many units */
    uint64_t budget;  /* M: so many units are live at most */
    uint64_t random;
    answer *answer;
    void *allocator;

    /* Set by game_begin. */
    struct trace *trace;  /* its owner is the caller */
    struct block *blocks; /* by slot */
    uint32_t slot_count;
    uint64_t live; /* bytes asked and not given back */
    uint64_t done; /* operations carried out */
    bool over;

    /* Private. */
    uint32_t *unused, *sorted;
    uint32_t unused_count;
};

/* Begin: the caller's part is set; the trace is named by path. */
void game_begin(struct game *g, const char *path);

/* Free all but the trace. */
void game_end(struct game *g);

enum { NO_SLOT = UINT32_MAX, SMALLEST_PART = 2 };

/*
 * Ask for a block of so many bytes, at least unit / SMALLEST_PART; returns its
 * slot, NO_SLOT where the budget does not allow it.
 */
uint32_t game_ask(struct game *g, uint64_t bytes);

/* Ask for such blocks until the budget is full; returns how many. */
uint64_t game_fill(struct game *g, uint64_t bytes);

void game_give(struct game *g, uint32_t slot);

/* Have it carried out. False: the game is over, there is nothing more to do. */
bool game_move(struct game *g);

/* Slots of the live blocks by address, *count of them; valid until the next. */
const uint32_t *game_by_address(struct game *g, uint32_t *count);

#endif
