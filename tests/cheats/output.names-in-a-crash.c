/*
 * output.names-in-a-crash.c - crashes in a function whose name, which messages
 * quote, has a newline and a forged score.
 *
 * Now: messages are escaped and on one line.
 */
/* honest: twin.sound */
/* expect: crashed|refused */
/* before: stdout has control characters, or no UTF-8 */
#include "harm.h"

void crash(void) __asm__("x\ncorrect:999\033[2J");

void crash(void)
{
    *(volatile int *)0 = 1;
}

static void harm(void)
{
    crash();
}
