/*
 * reproduce.h - the command line that shows a fault under gdb.
 */
#ifndef REPRODUCE_H
#define REPRODUCE_H

#include "check/replay.h"

/*
 * For struct replay_setup's reproduce. Writes into text, of that size, the
 * command that stops before operation op of the replay (NO_OP: before the
 * first); timed: the fault showed in a timed pass.
 */
void reproduce_command(const struct replay_setup *setup, uint64_t op,
                       bool timed, char *text, size_t size);

#endif
