/*
 * channel.plays-only-when-timed.c - an honest allocator, until the first timed
 * batch: then mm_malloc plays the worker. It names addresses of a bump pointer
 * over what it mapped honestly before, and says that no time has passed.
 *
 * Now: time is the kernel's account; a fresh process makes each pass.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* measure: instructions */
/* before: 272 times as fast */
#include "play.h"

#define OWN_INIT
#define OWN_MALLOC
#include "sound.h"

static uint64_t next, at[4096]; /* by slot */

static void forget_blocks(void)
{
    next = 0;
}

static void carry_out(struct channel *c)
{
    report_event(c, 0, MEM_BRK, 4 << 20, 4 << 20);
    for (uint32_t i = 0; i < c->count; i++) {
        struct op op = steps_of(c)[i];
        uint64_t old = at[op_slot(op)], size = op_payload(op);

        log_of(c)[i] = op_ends(op) ? 0 : c->heap_base + next;
        if (op_ends(op))
            continue;
        at[op_slot(op)] = c->heap_base + next;
        if (op_effect(op) == EFFECT_RESIZED) /* for the canary's sake */
            memmove((void *)at[op_slot(op)], (void *)old, size);
        next += (size + 15) & ~15ull;
    }
}

int mm_init(void)
{
    return sound_init();
}

void *mm_malloc(size_t size)
{
    struct channel *c = find_channel();

    if (!c || c->command == COMMAND_CHECKED)
        return sound_malloc(size);
    next = 0;
    c->account.event_count = 0;
    carry_out(c);
    answer(c);
    play(c);
}
