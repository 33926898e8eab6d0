/*
 * progress.h - what is under way, on standard error.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include "contest.h"

/*
 * Keep one line up to date on a terminal and none in a pipe (0, 1), or write a
 * line for each thing done (2).
 */
void progress_set(int verbose);

/* For struct contest's progress. */
void progress_show(const struct contest *c, size_t trace, const char *allocator,
                   const char *stage);

/* The same of something else than a contest. */
void progress_say(const char *what);

/* Take the line away. */
void progress_clear(void);

#endif
