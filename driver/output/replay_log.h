/*
 * replay log.h - every operation of a checked replay, written down as it happens.
 *
 * --events: a line an operation, with its address. --timeline: payload,
 * footprint and free memory at some two thousand moments.
 */
#ifndef REPLAY_LOG_H
#define REPLAY_LOG_H

#include "check/replay.h"

#include <stdio.h>

struct replay_log;

/* Either file may be NULL. The replay log does not own them. */
struct replay_log *replay_log_new(FILE *events, FILE *timeline);
void replay_log_delete(struct replay_log *replay_log);

/* What makes it follow checked passes. */
struct replay_observer replay_log_observer(struct replay_log *log);

/* What follows is this allocator on this trace. */
void replay_log_begin(struct replay_log *replay_log, const char *allocator,
                      const struct trace *trace);

/* Operation number index has returned address; the oracle knows of it. */
void replay_log_write(struct replay_log *replay_log,
                      const struct oracle *oracle, struct op op, uint64_t index,
                      uint64_t address);

#endif
