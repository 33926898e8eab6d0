/*
 * counter.h - valgrind, with a tool of this lab's, as a counter of a worker's
 * instructions (worker/counter_tool.c).
 *
 * The counts lie in pages that the tool shares with the judge, and only rise.
 */
#ifndef COUNTER_H
#define COUNTER_H

#include "worker/counter_page.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Valgrind makes a program some five times slower. The time limit of a trace is
 * so much longer, and by these seconds.
 */
enum { COUNTER_SLOWDOWN = 5, COUNTER_SECONDS = 30 };

enum { COUNTER_WORDS = 12, COUNTER_PATH = 4096 };

struct counter {
    char *command[COUNTER_WORDS]; /* that starts a worker, for execve */
    char tool[COUNTER_PATH], worker[COUNTER_PATH];
    int fd; /* of the pages, which become the worker's */
    struct counter_page *page;
};

/*
 * Why no instruction can be counted: one line, what to do about it; or NULL.
 * The string stays valid.
 */
const char *counter_missing(void);

struct counter *counter_open(void);
void counter_close(struct counter *c);

/* A new worker begins at 0. */
void counter_restart(struct counter *c);

/* Instructions so far, of a worker that waits: all but its own, and its own. */
uint64_t counter_read(const struct counter *c);
uint64_t counter_read_own(const struct counter *c);

/* Where a worker's heap of that size can lie under valgrind. */
void *counter_heap_base(size_t limit);

#endif
