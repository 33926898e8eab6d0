/*
 * play_bump.h - play the worker with a bump pointer, and report a break that
 * never is higher than the largest block so far.
 */
#ifndef PLAY_BUMP_H
#define PLAY_BUMP_H

#include "play.h"

static uint64_t bump, bump_at[4096], bump_birth[4096]; /* by slot */

static void forget_blocks(void)
{
    bump = 0;
}

static void bump_put(struct channel *c, uint32_t i, struct op op)
{
    uint32_t slot = op_slot(op);
    uint64_t size = op_payload(op), room = (size + 4095) & ~4095ull;

    if (op_begins(op))
        bump_birth[slot] = c->first + i;
    bump_at[slot] = bump;
    bump += room;
    report_event(c, i, MEM_MAP, bump_at[slot], room);
    if (c->command == COMMAND_CHECKED)
        fill_block(c, c->heap_base + bump_at[slot], size, bump_birth[slot]);
}

static void carry_out(struct channel *c)
{
    for (uint32_t i = 0; i < c->count; i++) {
        struct op op = steps_of(c)[i];
        int has = op_has_block(op) && !op_ends(op);

        if (has)
            bump_put(c, i, op);
        log_of(c)[i] = has ? c->heap_base + bump_at[op_slot(op)] : 0;
        if (has)
            report_event(c, i, MEM_UNMAP, 48 << 20, 1 << 20);
    }
}

/* While an object is loaded, memlib is ready, and the channel as well. */
static void play_bump(void)
{
    struct channel *c = find_channel();

    if (c)
        play(c);
}

#endif
