/*
 * output.lies-in-the-channel.c - the worker tells the judge the team's names,
 * and of a crash the object's name, by text in the channel: it is made to hold
 * newlines and a forged score. The crash has the number of a signal that does
 * not exist.
 *
 * Now: texts of the worker are escaped and on one line.
 */
/* honest: twin.sound */
/* expect: crashed|tampered|exited */
/* options: -g */
/* before: stdout has control characters, or no UTF-8; stdout has a
 * forged line; the report: 'utf-8' codec can't decode byte 0xff in
 * position 459: invalid start byte */
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
    memset(c->text, 'x', sizeof c->text);
    memcpy(c->text, "a\ncorrect:999\n\033[2J", 19);
    memset(c->crash.code.object, '\xff', sizeof c->crash.code.object);
    memcpy(c->crash.code.object, "/a\ncorrect:999\n", 15);
    c->crash.signal = 4711;
    c->verdict = VERDICT_CRASHED;
    c->reply = REPLY_ENDED;
    __atomic_store_n(&c->turn, TURN_JUDGE, __ATOMIC_RELEASE);
    syscall(SYS_futex, &c->turn, FUTEX_WAKE, 1, NULL, NULL, 0);
    for (;;)
        pause();
}
