/*
 * Room worker: the untrusted process, which loads the allocator and calls it
 * May include: base, trace.
 *
 * worker.h - carry out the judge's commands.
 *
 * This runs in the worker process, or with --in-process in the judge. The host
 * attaches the channel and passes the function that hands over the turn.
 */
#ifndef WORKER_H
#define WORKER_H

#include "channel.h"

#include <stdbool.h>

/*
 * Attach to a channel. The heap's region must be mapped already. If the event
 * buffer is full in the middle of a step, the worker sets reply to REPLY_EVENTS
 * and calls hand_over, which returns when the judge has emptied the buffer.
 */
void worker_attach(struct channel *channel, void (*hand_over)(void));

/* Carry out channel->command; the result is in channel->reply. */
void worker_execute(void);

/* Called before operation channel->stop_at, for a breakpoint of gdb. */
void worker_breakpoint(void);

#endif
