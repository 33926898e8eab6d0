/*
 * endless.empty-answers.c - plays the worker, and answers for ever that the
 * buffer of events is full, while it is empty.
 *
 * Now: the time limit holds while the judge has the turn, too.
 */
/* honest: twin.sound */
/* expect: hung|too-slow|tampered */
/* before: the judge did not end; no report */
#include "play.h"
#include "harm.h"

static void forget_blocks(void)
{
}

static void carry_out(struct channel *c)
{
    (void)c;
}

static void harm(void)
{
    struct channel *c = find_channel();

    if (!c)
        _exit(3);
    for (;;) {
        c->reply = REPLY_EVENTS;
        __atomic_store_n(&c->turn, TURN_JUDGE, __ATOMIC_RELEASE);
        syscall(SYS_futex, &c->turn, FUTEX_WAKE, 1, NULL, NULL, 0);
        while (__atomic_load_n(&c->turn, __ATOMIC_ACQUIRE) != TURN_WORKER)
            syscall(SYS_futex, &c->turn, FUTEX_WAIT, TURN_JUDGE, NULL, NULL,
                    0);
    }
}
