/*
 * replay_log.h - write the operations of a checked replay to files.
 *
 * --events writes a line per operation, with its address. --timeline writes
 * payload, footprint and free memory at about 2000 moments.
 */
#ifndef REPLAY_LOG_H
#define REPLAY_LOG_H

#include "check/replay.h"

#include <stdio.h>

struct replay_log;

/* Either file may be NULL. The caller closes the files and deletes the log. */
struct replay_log *replay_log_new(FILE *events, FILE *timeline);
void replay_log_delete(struct replay_log *replay_log);

/* The observer that writes checked passes to the log. */
struct replay_observer replay_log_observer(struct replay_log *log);

/* The operations that follow are of this allocator on this trace. */
void replay_log_begin(struct replay_log *replay_log, const char *allocator,
                      const struct trace *trace);

/* Write operation number index, after oracle_apply. */
void replay_log_write(struct replay_log *replay_log,
                      const struct oracle *oracle, struct op op, uint64_t index,
                      uint64_t address);

#endif
