/*
 * Room check: one allocator on one trace: is it right?
 * May include: base, trace, worker.
 *
 * replay.h - one allocator on one trace: a worker, an oracle, two loops.
 *
 * replay_checked believes nothing it is told; replay_timed makes the calls and
 * nothing else, and its addresses are verified afterwards. Both run in the
 * same worker, one after the other, so that an allocator which behaves only
 * while it is looked at shows it.
 */
#ifndef REPLAY_H
#define REPLAY_H

#include "allocator.h"
#include "oracle.h"
#include "trace/trace.h"
#include "base/verdict.h"

struct replay_setup;
struct outcome;

/*
 * Who follows the checked pass of a replay. Both functions may be NULL.
 * begin is called before the first operation. operation is called after each
 * that was right, in order: op as the trace has it, number index from 0; the
 * oracle knows of it already. address is the block's, of a free the one it had.
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
    int debug;         /* 2: audit after every operation */
    bool no_free_null; /* skip f -1 */
    uint64_t fail_at;  /* refuse memlib's request of that number; 0 = none */
    uint64_t stop_at;  /* breakpoint before that operation; NO_OP = none */
    double time_limit; /* seconds a pass */
    bool in_process;
    int cpu;       /* for the worker, -1 = any */
    bool may_spin; /* judge and worker have a processor each */
    uint64_t seed;
    struct replay_observer observers[REPLAY_OBSERVERS];
    const char *origin; /* the --adversary that makes the trace, or NULL */
    bool verdict_only; /* do not replay once more for a better message */
    /*
     * Writes into outcome how the user can see a fault in operation op happen,
     * and how the trace can be shrunk; NULL: both texts stay empty.
     */
    void (*reproduce)(const struct replay_setup *setup, uint64_t op, bool timed,
                      struct outcome *outcome);
};

/* What a replay found; no pointers, so it may lie in shared memory. */
struct outcome {
    enum verdict verdict;
    bool verdict_in_timed_pass;
    char message[1600];   /* one sentence; "" where all is well */
    char reproduce[1024]; /* the command that stops there under gdb, or "" */
    char shrink[1024];    /* the command that makes the trace smaller, or "" */
    char explain[1024];   /* the command that prints each call, or "" */
    char note[512];       /* one sentence on what is no fault, but odd; or "" */
    uint64_t line;        /* of the trace, 0 = none */
    uint64_t ops_done;
    uint64_t footprint; /* peak, static data beyond the allowance included */
    uint64_t static_counted;
    uint64_t requests_refused, ops_refused; /* under --fail-sbrk */
    bool calloc_emulated, memalign_emulated;
    char team[416]; /* its five fields, a line each; "" if absent */
};

struct replay;

/* Start a worker with the allocator in it. */
struct replay *replay_open(const struct replay_setup *setup);
void replay_close(struct replay *r);

/* Replay the trace once with every check. True where the verdict is ok. */
bool replay_checked(struct replay *r, struct outcome *outcome);

/*
 * Replay it with every check, then, if timed, in a pass of each timed kind, as
 * long as all is well. Returns whether the verdict is ok.
 */
bool replay_passes(struct replay *r, bool timed, struct outcome *outcome);

/*
 * The checked pass in steps, for who looks at the heap in between, or writes the trace
 * as it goes: start, advance up to an operation (not included) as often as
 * wanted while all is well, finish in any case. The trace may have grown since
 * the last step, within its slots.
 */
bool replay_start(struct replay *r, struct outcome *outcome);
bool replay_advance(struct replay *r, uint64_t end, struct outcome *outcome);
bool replay_finish(struct replay *r, struct outcome *outcome);

/* Start the clock of the time limit anew: between two steps time went by. */
void replay_restart_clock(struct replay *r);

/* Which blocks are live, and where: what the checked replay knows. */
const struct oracle *replay_oracle(const struct replay *r);

enum timed_kind {
    TIMED_COUNTED, /* the worker's clock is compared to the kernel's count */
    TIMED_PLAIN,
    TIMED_CANARY /* the judge writes into live payloads at moments of its own
                     choice and looks whether it stays; its time is void */
};

/*
 * Replay it once, timed: *ns is the CPU time of the calls and the loop. False
 * where the verdict is not ok any more.
 */
bool replay_timed(struct replay *r, enum timed_kind kind, double *ns,
                  struct outcome *outcome);

#endif
