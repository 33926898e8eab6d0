/*
 * sandbox.h - a worker process, and the judge's end of the channel to it.
 *
 * Every call returns, whatever the worker does, and its ending says what the
 * worker did. After the worker has ended, only sandbox_close may be called.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include "allocator.h"
#include "live.h"
#include "worker/channel.h"
#include "process.h"

/*
 * How a call ended. VERDICT_OK: the worker carried it out, or stopped a checked
 * batch early. VERDICT_HUNG: one operation did not return within the time
 * limit. VERDICT_TOO_SLOW: the limit passed, but operations still returned, or
 * the worker was filling or checking a payload. The worker lives only after
 * VERDICT_OK and VERDICT_INIT_FAILED.
 */
struct ending {
    enum verdict verdict;
    bool stopped;       /* early, for the fault in channel->stop */
    int status;         /* exit status, or the signal */
    bool described;     /* crash is set */
    struct crash crash; /* as the worker's signal handler saw it */
    char text[512];     /* more on a failed load, a limit, or tampering */
};

struct sandbox_setup {
    const struct allocator *allocator;
    size_t heap_limit;
    unsigned align;
    uint32_t slot_count;
    bool in_process;   /* no worker process: for a debugger */
    int cpu;           /* to run the worker on, -1 = any */
    double time_limit; /* seconds per pass, see sandbox_begin_pass */
    bool jailed;       /* see jail.h */
    bool guarded;      /* the same under valgrind: jail_make_refusals */
    double deadline;   /* by clock_seconds, for all passes; 0: none */
    /* To start the worker under, or NULL. Valgrind makes system calls of its
     * own: a filter of the worker's has to let them pass. */
    struct counter *counter;
    const char *label; /* printed before each line of the allocator's output */
};

struct sandbox;

struct sandbox *sandbox_open(const struct sandbox_setup *setup);

/* End the worker. What it printed goes to stderr, if that is wanted. */
void sandbox_close(struct sandbox *s, bool relay);

/*
 * Restart the clock of the time limit. It counts the worker's CPU time and the
 * time that it sleeps during a call, less an allowance for the payloads that it
 * fills and checks, and for memory given back, which memlib clears. There is
 * also a limit of wall-clock time, ten times as high and 60 seconds more.
 */
void sandbox_begin_pass(struct sandbox *s);

/* The channel, in which the caller sets a command's parameters. */
struct channel *sandbox_channel(struct sandbox *s);

/*
 * The array of CHANNEL_BATCH steps, of which the worker gets a copy; and the
 * log of the last batch.
 */
struct op *sandbox_steps(struct sandbox *s);
const uint64_t *sandbox_log(const struct sandbox *s);

/*
 * Have the worker carry out a command, and wait for it. For a batch, the caller
 * has set count steps; `first` is the number of the first one in the trace.
 */
struct ending sandbox_call(struct sandbox *s, enum command command,
                           uint32_t count, uint64_t first);

/* How many steps of the last batch have returned. */
uint32_t sandbox_steps_done(const struct sandbox *s, uint32_t count);

/* The heap's events during the last call; valid until the next. */
const struct mem_event *sandbox_events(const struct sandbox *s, size_t *count);

/*
 * CPU time of the worker so far in ns, as the kernel counts it; with no worker
 * process, of its calls. Waits until the worker sleeps.
 */
uint64_t sandbox_cpu_ns(const struct sandbox *s);

/* Seconds of the time limit used since sandbox_begin_pass. */
double sandbox_seconds_used(const struct sandbox *s);

/*
 * Does the worker wait for its turn where it waited after the allocator was
 * loaded? If not, something else answers in its place. True if unknown.
 */
bool sandbox_waits_in_place(const struct sandbox *s);

/*
 * Clear what the worker could write to in the channel and does not need between
 * two batches. `timed` tells what the table of slots holds; live, by slot,
 * which of its entries are in use.
 */
void sandbox_scrub(struct sandbox *s, bool timed, const struct live *live);

/* The heap's first byte, as the judge has mapped it. */
unsigned char *sandbox_heap(const struct sandbox *s);

/*
 * The next bytes of the heap's region, from offset `from`, that lie in pages
 * which were written to: from *first to before *end. False if there are none.
 */
bool sandbox_next_pages(const struct sandbox *s, uint64_t from, uint64_t *first,
                        uint64_t *end);

/* The worker's process. */
const struct process *sandbox_process(const struct sandbox *s);

#endif
