/*
 * Room worker: the untrusted half: it loads the allocator and calls it
 * May include: trace.
 *
 * worker.h - carry out the judge's commands.
 *
 * This runs in the worker process, or with --in-process in the judge's own. The
 * host attaches the channel and says how the turn is handed over.
 */
#ifndef WORKER_H
#define WORKER_H

#include "channel.h"

/*
 * Attach to a channel. The heap's region has to be mapped already. The worker
 * calls hand_over in the middle of a step where the event buffer is full, with
 * reply set to REPLY_EVENTS; it has to return when the judge has emptied it.
 */
void worker_attach(struct channel *channel, void (*hand_over)(void));

/* Carry out channel->command; the result is in channel->reply. */
void worker_execute(void);

/* Called before operation channel->stop_at: a place for gdb's breakpoint. */
void worker_breakpoint(void);

#endif
