/*
 * Room worker: the untrusted half: it loads the allocator and calls it
 * May include: trace.
 *
 * worker.h - the loop that calls the allocator: the untrusted half.
 *
 * Lives in the worker process, or with --in-process in the judge's own. The
 * host gives it the channel and a way to hand over the turn.
 */
#ifndef WORKER_H
#define WORKER_H

#include "channel.h"

/*
 * Attach to a channel; hand_over is called in the middle of a step when the
 * event buffer is full, after reply was set, and returns when the judge has
 * emptied it. The heap's region has to be mapped already.
 */
void worker_attach(struct channel *channel, void (*hand_over)(void));

/* Carry out channel->command; leaves the answer in the channel. */
void worker_execute(void);

/* Called before operation channel->stop_at: a place for gdb's breakpoint. */
void worker_breakpoint(void);

#endif
