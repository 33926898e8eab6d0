/*
 * Room check: replay a trace on an allocator and check every result.
 * May include: base, trace, worker.
 *
 * replay.h - checked and timed replays of one trace on one allocator.
 *
 * replay_checked fills and checks every payload. In replay_timed the worker
 * only makes the calls; the judge verifies the addresses after each batch. Both
 * run in the same worker and look alike to the allocator, so that it cannot
 * behave well in one of them only.
 */
#ifndef REPLAY_H
#define REPLAY_H

#include "allocator.h"
#include "counter.h"
#include "oracle.h"
#include "outside.h"
#include "trace/trace.h"
#include "base/verdict.h"

struct replay_setup;
struct outcome;

/*
 * Functions that a checked replay calls; each may be NULL. begin is called
 * before the first operation. operation is called in order after each operation
 * that was correct, when the oracle has applied it: op is the trace's operation
 * number index (from 0); address is the block's, or was until it was freed.
 */
struct replay_observer {
    void (*begin)(void *context, const struct replay_setup *setup);
    void (*operation)(void *context, const struct oracle *oracle, struct op op,
                      uint64_t index, uint64_t address);
    void *context;
};

enum { REPLAY_OBSERVERS = 2 };

struct replay_setup {
    const struct allocator *allocator;
    const struct trace *trace;
    size_t heap_limit;
    unsigned align;
    int debug;         /* audits: 2 after each operation, 1 about 100, 0 one */
    bool no_free_null; /* leave operations f -1 out */
    uint64_t fail_at;  /* number of the request memlib refuses; 0 = none */
    uint64_t stop_at;  /* breakpoint before that operation; NO_OP = none */
    double time_limit; /* CPU seconds per pass */
    /*
     * Each pass has a worker of its own, and timed batches do not tell which
     * pass they are of. An allocator of the lab is in a jail too (jail.h), and
     * what it could do beside its calls is looked for.
     */
    bool untrusted;
    double deadline; /* by clock_seconds, for every pass; 0: none */
    struct counter *counter; /* of a counted pass's worker, or NULL */
    bool in_process;         /* no worker process: for a debugger */
    int cpu;                 /* for the worker, -1 = any */
    uint64_t seed;
    struct replay_observer observers[REPLAY_OBSERVERS];
    const char *origin; /* the --adversary that makes the trace, or NULL */
    /* The option that makes twins, such as --secret SEED. */
    const char *twin_option, *twin_argument;
    bool verdict_only; /* do not replay once more for a better message */
    /*
     * Writes into outcome how the user can see a fault in operation op happen,
     * and how the trace can be shrunk; NULL: both texts stay empty.
     */
    void (*reproduce)(const struct replay_setup *setup, uint64_t op, bool timed,
                      struct outcome *outcome);
};

/* The result of a replay. It has no pointers, so shared memory may hold it. */
struct outcome {
    enum verdict verdict;
    bool verdict_in_timed_pass;
    char message[1600];   /* one sentence; "" if the verdict is ok */
    char reproduce[1024]; /* the command that stops there under gdb, or "" */
    char shrink[1024];    /* the command that makes the trace smaller, or "" */
    char explain[1024];   /* the command that prints each call, or "" */
    char note[512];       /* one sentence on what is no fault, but odd; or "" */
    uint64_t line;        /* of the trace, 0 = none */
    uint64_t ops_done;
    uint64_t footprint;      /* peak in bytes, with static_counted */
    uint64_t placement; /* hash of the checked pass's addresses (oracle.h) */
    uint64_t static_counted; /* bytes outside memlib beyond the allowance */
    struct outside_use outside_used; /* in the checked pass, with a jail */
    uint64_t requests_refused, ops_refused; /* with --fail-sbrk */
    bool calloc_emulated, memalign_emulated;
    char team[416]; /* the five fields of `team`, one per line; "" if absent */
};

struct replay;

/* Start a worker and load the allocator. A failure is reported by each pass. */
struct replay *replay_open(const struct replay_setup *setup);
void replay_close(struct replay *r);

/* Replay the trace once with every check. True if the verdict is ok. */
bool replay_checked(struct replay *r, struct outcome *outcome);

/*
 * Replay it with every check, then, if timed, in a pass of each timed kind, as
 * long as all is well. Returns whether the verdict is ok.
 */
bool replay_passes(struct replay *r, bool timed, struct outcome *outcome);

/*
 * A checked replay in steps, for callers that look at the heap between steps,
 * or append to the trace: replay_start, replay_advance up to operation end (not
 * included) any number of times while they return true, replay_finish in any
 * case. Appended operations must use slots below the trace's slot_count.
 */
bool replay_start(struct replay *r, struct outcome *outcome);
bool replay_advance(struct replay *r, uint64_t end, struct outcome *outcome);
bool replay_finish(struct replay *r, struct outcome *outcome);

/* Restart the clock of the time limit, if time has passed between two steps. */
void replay_restart_clock(struct replay *r);

/* The operation at which the checked replay stopped, or NO_OP (finding.h). */
uint64_t replay_stopped_at(const struct replay *r);

/* The oracle of the checked replay, which knows the live blocks. */
const struct oracle *replay_oracle(const struct replay *r);

/* Seconds of the time limit that the last pass took. */
double replay_seconds(const struct replay *r);

enum timed_kind {
    TIMED_PLAIN,
    TIMED_CANARY /* with canaries in live payloads (canary.h): *ns means
                     nothing */
};

/*
 * Replay the trace once, timed: *ns is the CPU time of the calls and the loop
 * in ns, by the kernel's count of the worker. True if the verdict is ok.
 */
bool replay_timed(struct replay *r, enum timed_kind kind, double *ns,
                  struct outcome *outcome);

/*
 * Replay a trace once in a counted pass. The replay was opened with a counter;
 * its own trace is another with no fewer slots. *instructions is what all calls
 * took, if the verdict is ok; else the replay has to be closed.
 */
bool replay_counted(struct replay *r, const struct trace *trace,
                    uint64_t *instructions, struct outcome *outcome);

#endif
