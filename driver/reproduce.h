/*
 * reproduce.h - command lines that show a fault again.
 */
#ifndef REPRODUCE_H
#define REPRODUCE_H

#include "check/replay.h"

/*
 * For struct replay_setup's reproduce. Writes into outcome the command that
 * stops before operation op of the replay (NO_OP: before the first), and the
 * command that shrinks the trace. timed: the fault showed in a timed pass.
 */
void reproduce_fault(const struct replay_setup *setup, uint64_t op, bool timed,
                     struct outcome *outcome);

#endif
