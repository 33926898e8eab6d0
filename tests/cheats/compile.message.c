/*
 * compile.message.c - the compiler prints a line for the hand-in, by #pragma
 * message and by #warning, and a name of a function in another alphabet.
 *
 * Now: nothing that a compiler prints looks like the judge's.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* before: no gain: ok */
#include "sound.h"

#pragma message("\ncorrect:999\n\033[2J")
#warning correct:999
