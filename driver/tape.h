/*
 * tape.h - every operation of a checked replay, written down as it happens.
 *
 * --events: a line an operation, with its address. --timeline: payload,
 * footprint and free memory at some two thousand moments.
 */
#ifndef TAPE_H
#define TAPE_H

#include "oracle.h"
#include "trace.h"

#include <stdio.h>

struct tape;

/* Either file may be NULL. The tape does not own them. */
struct tape *tape_new(FILE *events, FILE *timeline);
void tape_delete(struct tape *tape);

/* What follows is this allocator on this trace. */
void tape_begin(struct tape *tape, const char *allocator,
                const struct trace *trace);

/* Operation number index has returned address; the oracle knows of it. */
void tape_write(struct tape *tape, const struct oracle *oracle, struct op op,
                uint64_t index, uint64_t address);

#endif
