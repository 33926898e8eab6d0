/*
 * counter.h - valgrind's callgrind as a counter of a worker's instructions.
 *
 * The counts are texts that callgrind appends to a file of the judge's at
 * COMMAND_DUMP (channel.h). An allocator could write to that file, too: that it
 * changes at no other time is checked.
 */
#ifndef COUNTER_H
#define COUNTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Valgrind makes a program some five times slower where it does not count. The
 * time limit of a trace is so much longer, and by these seconds, in which the
 * part that is counted is done.
 */
enum { COUNTER_SLOWDOWN = 5, COUNTER_SECONDS = 30 };

enum { COUNTER_WORDS = 20, COUNTER_PATH = 4096 };

struct counter {
    char *command[COUNTER_WORDS + 2]; /* that starts a worker, for execve */
    char tool[COUNTER_PATH];          /* the path of valgrind */
    char worker[COUNTER_PATH];
    char file_option[64];
    int fd;     /* of the file of counts */
    off_t used; /* bytes of counts that were read */
};

/*
 * Why no instruction can be counted: one line, what to do about it; or NULL.
 * The string stays valid.
 */
const char *counter_missing(void);

struct counter *counter_open(void);
void counter_close(struct counter *c);

/* A new worker: forget the counts of the one before. */
void counter_restart(struct counter *c);

/* Where a worker's heap of that size can lie under valgrind. */
void *counter_heap_base(size_t limit);

/* Has nothing been written since counter_read? */
bool counter_is_quiet(const struct counter *c);

/* The count of the last COMMAND_DUMP; false if there is not exactly one. */
bool counter_read(struct counter *c, uint64_t *count);

#endif
