/*
 * books.signal-stack.c - the books lie in what the worker itself does not use:
 * the stack that it has for its handlers of signals.
 *
 * Now: the worker's own written pages are counted as footprint.
 */
/* honest: twin.books */
/* expect: no-gain */
/* before: utilization 81.6 for 48.6 % */
#define _GNU_SOURCE
#define OWN_WORDS
#include "books.h"

#include <signal.h>

/* A word of 16 bits is a length of up to 512 KiB: enough for small traces. */
static uint16_t *words;

static uint64_t word_get(size_t g)
{
    return words[g];
}

static void word_set(size_t g, uint64_t word)
{
    stack_t stack;

    if (!words && sigaltstack(NULL, &stack) == 0)
        words = stack.ss_sp;
    words[g] = (uint16_t)word;
}
