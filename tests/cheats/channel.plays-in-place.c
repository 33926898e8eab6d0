/*
 * channel.plays-in-place.c - plays the worker, and waits where the true one
 * waits: with the same stack pointer, in the same system call. Only the place
 * of that call is another.
 *
 * Now: the judge compares the program counter, too.
 */
/* honest: twin.books */
/* expect: tampered */
/* measure: instructions */
/* before: 476 times as fast, as channel.plays-with-true-events */
#define OWN_ANSWER
#include "in_place.h"
#include "play_true_events.h"
