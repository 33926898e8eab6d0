/*
 * channel.plays-in-place.c - plays the worker, and waits where the true one
 * waits: with the same stack pointer, in the same system call of libc's. Only
 * the return address on the stack is another.
 *
 * Now: the judge compares that, too.
 */
/* honest: twin.books */
/* expect: tampered */
/* measure: instructions */
/* before: 476 times as fast, as channel.plays-with-true-events */
#define OWN_ANSWER
#include "in_place.h"
#include "play_true_events.h"
