/*
 * sandbox.h - a worker process, and the judge's end of the channel to it.
 *
 * Whatever the worker does, every call here returns, with an ending that says
 * what became of it. Where the worker is gone then, only sandbox_close may
 * follow.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include "allocator.h"
#include "worker/channel.h"
#include "process.h"

/*
 * How a call ended. VERDICT_OK: it was carried out, or a checked batch stopped
 * early. VERDICT_HUNG: one operation did not return within the time limit.
 * VERDICT_TOO_SLOW: the limit passed, but operations went on, or the worker was
 * busy with a payload. The worker lives after VERDICT_OK and
 * VERDICT_INIT_FAILED only.
 */
struct ending {
    enum verdict verdict;
    bool stopped;   /* early: the worker's claim is in channel->stop */
    int status;     /* exit status, or the signal */
    bool described; /* crash holds what the worker's handler saw */
    struct crash crash;
    char text[512]; /* why loading failed, what was tampered with */
};

struct sandbox_setup {
    const struct allocator *allocator;
    size_t heap_limit;
    unsigned align;
    uint32_t slot_count;
    bool in_process;   /* no worker process: for a debugger */
    int cpu;           /* to run the worker on, -1 = any */
    bool may_spin;     /* judge and worker have a processor each */
    double time_limit; /* seconds a pass, see sandbox_begin_pass */
    const char *label; /* stands before what the allocator prints */
};

struct sandbox;

struct sandbox *sandbox_open(const struct sandbox_setup *setup);
void sandbox_close(struct sandbox *s);

/*
 * Start the clock of the time limit anew. It counts the worker's CPU time, not
 * what the machine gives to others, less an allowance for payloads that the
 * worker fills and checks; and the time that the worker sleeps in its turn. Of
 * the wall clock a pass may take far more: that is the last resort.
 */
void sandbox_begin_pass(struct sandbox *s);

/* The channel, for setting a command's parameters. */
struct channel *sandbox_channel(struct sandbox *s);

/* Room for CHANNEL_BATCH steps, and the log of the last batch. */
struct op *sandbox_steps(struct sandbox *s);
const uint64_t *sandbox_log(const struct sandbox *s);

/*
 * Have the worker carry out a command and wait for it. For a batch, count
 * steps are in place and `first` is the first one's number in the trace.
 */
struct ending sandbox_call(struct sandbox *s, enum command command,
                           uint32_t count, uint64_t first);

/* How many steps of the last batch have returned. */
uint32_t sandbox_steps_done(const struct sandbox *s, uint32_t count);

/* The heap's events during the last call; valid until the next. */
const struct mem_event *sandbox_events(const struct sandbox *s, size_t *count);

/* CPU time of the last timed batch in ns, as the worker tells it. */
uint64_t sandbox_cpu_ns(const struct sandbox *s);

/* The judge's own view of the heap's first byte. */
unsigned char *sandbox_heap(const struct sandbox *s);

/*
 * The first byte of the heap's region at or after `from` that lies in memory
 * written to at some time and is not zero, or the region's size: where bytes
 * may lie that were written outside the memory obtained from memlib.
 */
uint64_t sandbox_next_page(const struct sandbox *s, uint64_t from);

/* The worker's process, for what the kernel knows of it. */
const struct process *sandbox_process(const struct sandbox *s);

#endif
