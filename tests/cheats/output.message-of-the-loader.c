/*
 * output.message-of-the-loader.c - a symbol that nobody defines has a name with
 * a newline and a forged score in it: the loader's message quotes it.
 *
 * Now: messages are escaped and on one line.
 */
/* honest: twin.sound */
/* expect: refused|load-failed */
/* before: no gain */
#include "sound.h"

extern int missing __asm__("missing\ncorrect:999\033[2J");

int *use_it = &missing;
