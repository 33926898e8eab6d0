/*
 * replay_parts.h - what the files of the replay share.
 *
 *     replay_open.c      open and close a replay
 *     replay.c           the checked pass, and what both passes need
 *     replay_timed.c     the timed pass
 *     replay_counted.c   the counted pass
 *     replay_batch.c     feed a batch to the worker, digest its results
 *     replay_inspect.c   check the shared heap between batches
 *     replay_diagnose.c  from the end of a call to a finding and its message
 */
#ifndef REPLAY_PARTS_H
#define REPLAY_PARTS_H

#include "base/random.h"
#include "finding.h"
#include "oracle.h"
#include "canary.h"
#include "outside.h"
#include "replay.h"
#include "sandbox.h"

enum { MAX_MOVES = 64 };

struct replay {
    struct replay_setup setup;
    struct sandbox *sandbox;
    struct ending load;
    bool watched; /* the worker's calls and memory are */
    bool used; /* a pass has begun in this worker */
    bool has_calloc, has_memalign;
    char team[sizeof((struct outcome *)0)->team];
    uint64_t object_base;   /* where the allocator is loaded */
    struct outside at_load; /* memory outside memlib */
    struct outside_use outside_used; /* of it, at most in this pass, */
    uint64_t outside;                /* and the bytes of that which count */
    struct oracle *oracle;       /* of the checked pass, exact */
    struct oracle *timed_oracle; /* of timed passes, lenient */
    struct canary *canary;
    uint64_t random, secret;
    uint64_t anonymous; /* bytes of the worker before the first operation */
    uint64_t moves[MAX_MOVES]; /* a random choice of reallocs that moved */
    uint64_t move_count;       /* how many moved */
    bool relayed;    /* what a worker printed has been shown */
    bool good;       /* no fault in the checked pass so far */
    struct finding finding;
    uint32_t segment;        /* of the trace, whose peak comes next */
    uint64_t lowest_payload; /* since resident pages were last counted */
    struct {
        uint64_t at_init;      /* instructions before mm_init, */
        uint64_t own_at_init;  /* of the worker's own, too, */
        double cpu_at_init;    /* and CPU seconds */
        uint64_t memlib_calls; /* that took memory or gave it back, since */
        uint64_t batches;      /* since */
        uint64_t own_resizes;  /* of blocks that their batch began, since */
        struct outside_use known; /* of this worker's traces before */
    } counted;
    struct op *leftover; /* frees of the blocks live after the trace */
    uint32_t leftover_count;
};

static inline bool is_lab(const struct replay *r)
{
    return r->setup.allocator->kind == WORKER_LAB;
}

/* Is it a hand-in, perhaps a hostile one? */
static inline bool is_untrusted(const struct replay *r)
{
    return r->setup.untrusted && is_lab(r);
}

/* So few operations that to know all of them beforehand is of no use. */
enum { SHORT_BATCH = 64 };

/* A random length of a short batch. */
static inline uint64_t short_batch(struct replay *r)
{
    return 1 + random_below(&r->random, SHORT_BATCH);
}

/* Has the worker carried out the whole call? */
static inline bool is_done(const struct ending *e)
{
    return e->verdict == VERDICT_OK && !e->stopped;
}

static inline bool worker_lives(const struct ending *e)
{
    return e->verdict == VERDICT_OK;
}

static inline uint32_t up_to(uint64_t limit, uint64_t left)
{
    return (uint32_t)(left < limit ? left : limit);
}

/* ---- replay_open.c ---- */

/* Begin a pass: with a new worker, if the allocator is not trusted. */
void replay_renew(struct replay *r);

/* Set how often the worker audits; a trace that grew needs a new interval. */
void replay_set_audits(struct replay *r);

/* ---- replay.c ---- */

/* Empty the heap, by the first command of a pass. */
struct ending replay_empty(struct replay *r);

/*
 * Begin a pass with an empty heap and mm_init. If mm_init fails because
 * --fail-sbrk refused its request, it is called again. False: *f has the fault.
 */
bool replay_begin(struct replay *r, struct oracle *o, struct finding *f);

/* For a malloc of the system: free the blocks that the trace leaves live. */
void replay_release(struct replay *r, enum command command);

/* Raise out->footprint to the oracle's peak plus what counts beside it. */
void replay_note_footprint(struct replay *r, const struct oracle *o,
                           struct outcome *out);

/* ---- replay_batch.c ---- */

/* Copy operations into the channel; those on refused blocks as OP_SKIP. */
void replay_feed(struct replay *r, const struct oracle *o, uint64_t first,
                 uint32_t count);

/*
 * Apply the heap's events and the steps that have returned to the oracle, in
 * order; all events first if the oracle is lenient. *done is the number of
 * steps applied. False with *f set at the first step that is wrong.
 */
bool replay_digest(struct replay *r, struct oracle *o, uint64_t first,
                   uint32_t count, uint32_t *done, struct finding *f);

/*
 * Have a batch carried out by a loop that fills no payloads, and apply it to
 * the lenient oracle. False with *f set if anything of it is wrong.
 */
bool replay_call(struct replay *r, enum command command, uint64_t first,
                 uint32_t count, struct finding *f);

/* Apply the events of mm_init. */
bool replay_digest_init(struct replay *r, struct oracle *o, struct finding *f);

/* ---- replay_inspect.c ---- */

/* Check contents of live blocks from a random slot on, about budget bytes. */
bool inspect_contents(struct replay *r, uint64_t op, uint64_t budget,
                      struct finding *f);

/* Check that every byte of the region outside heap and mappings is zero. */
bool inspect_strays(const struct replay *r, const struct oracle *o,
                    struct finding *f);

/*
 * In a jail, at random moments, or now: is the worker where it should be, and
 * nothing written outside the heap? Counts memory outside memlib, and clears
 * the channel. The batch of count operations before `end` is done.
 */
struct outside replay_measure_outside(const struct replay *r);
bool inspect_at_random(struct replay *r, const struct oracle *o, uint64_t end,
                       uint64_t count, struct finding *f);
bool inspect_worker(struct replay *r, const struct oracle *o, uint64_t op,
                    struct finding *f);

/* Check that the worker's files are still open. */
bool inspect_files(const struct replay *r, struct finding *f);

/* ---- replay_diagnose.c: set *f and return false ---- */

/* The worker ended during operation op. */
bool diagnose_ending(const struct replay *r, const struct ending *e,
                     const struct oracle *o, uint64_t op, struct finding *f);

/* The worker ended, or failed, during loading or mm_init. */
bool diagnose_start(const struct replay *r, const struct ending *e,
                    const struct oracle *o, enum moment moment,
                    struct finding *f);

/* The worker overwrote the channel; the log only tells how far it came. */
bool diagnose_tampering(const struct replay *r, const struct ending *e,
                        uint64_t first, uint32_t count, struct finding *f);

/* The worker reports a fault after done steps of the batch have returned. */
bool diagnose_stop(const struct replay *r, uint64_t first, uint32_t done,
                   struct finding *f);

/*
 * Find the operation that wrote the wrong byte, often long before the check: a
 * second worker replays the trace and compares the byte after every step. The
 * same trace gives the same addresses. Sets f->culprit if it finds one.
 */
void diagnose_culprit(const struct replay *r, struct finding *f);

/* Set verdict, message, line and the command that reproduces the fault. */
void diagnose_conclude(const struct replay *r, const struct oracle *o,
                       struct finding *f, struct outcome *out);

#endif
