/*
 * channel.plays-with-true-events.c - mm_init never returns: it plays the worker
 * over the channel. Addresses are those of first fit without any metadata, and
 * the break that it reports is true. No operation takes any time.
 *
 * Now: memory outside memlib and the kernel's account of time leave no gain; a
 * call that the filter refuses ends it.
 */
/* honest: twin.books */
/* expect: no-gain */
/* measure: instructions */
/* before: 476 times as fast */
#include "play_true_events.h"
