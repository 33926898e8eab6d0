/*
 * replay_parts.h - what the files of the replay share.
 *
 *     replay_open.c   beginning and end
 *     replay.c        the checked pass, and what both passes need
 *     replay_timed.c  the timed pass
 *     replay_batch.c  a batch: feed, digest
 *     replay_inspect.c  looks into the shared heap between batches
 *     replay_diagnose.c  endings into findings; who did the damage; what to say
 */
#ifndef REPLAY_PARTS_H
#define REPLAY_PARTS_H

#include "finding.h"
#include "oracle.h"
#include "canary.h"
#include "replay.h"
#include "sandbox.h"

enum { MOVED = 64 }; /* reallocs that moved: as many are remembered */

struct replay {
    struct replay_setup setup;
    struct sandbox *sandbox;
    struct ending load;
    bool has_memalign;
    struct oracle *oracle; /* of the checked pass, exact */
    struct oracle *later;  /* of timed passes, lenient */
    struct canary *canary;
    uint64_t random, secret;
    uint64_t anonymous; /* bytes of the worker before the first operation */
    uint64_t moved[MOVED], moved_count;
    bool prepared;   /* for timing: overhead is known */
    double overhead; /* ns of CPU that timing an empty batch takes */
    bool good;       /* of the checked pass so far */
    struct finding finding;
    uint32_t segment;    /* of the trace, whose peak comes next */
    uint64_t lowest;     /* payload since resident pages were counted last */
    struct op *leftover; /* frees of what the trace leaves live */
    uint32_t leftover_count;
};

static inline bool is_lab(const struct replay *r)
{
    return r->setup.allocator->kind == WORKER_LAB;
}

/* Was the whole call carried out? */
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

/* How often the worker audits: of a trace that grows, after what is new. */
void replay_set_audits(struct replay *r);

/* ---- replay.c ---- */

/*
 * Begin a pass: an empty heap and mm_init, which has a second try where a
 * request was made to fail.
 */
bool replay_begin(struct replay *r, struct oracle *o, struct finding *f);

/* Free what the trace left live, where no reset does it. Not timed. */
void replay_release(struct replay *r, enum command command);

/* What counts as footprint: the larger of what was measured so far. */
void replay_note_footprint(struct replay *r, const struct oracle *o,
                           struct outcome *out);

/* ---- replay_batch.c ---- */

/* Copy operations into the channel, as the oracle's state has them. */
void replay_feed(struct replay *r, const struct oracle *o, uint64_t first,
                 uint32_t count);

/*
 * Apply to the oracle the steps of a batch that have returned, in order with
 * the heap's events (where the events' times are unknown, after them all).
 * *done is the number of steps digested. False at the first that is wrong.
 */
bool replay_digest(struct replay *r, struct oracle *o, uint64_t first,
                   uint32_t count, uint32_t *done, struct finding *f);

/* The events of a call that carried out no steps: mm_init's. */
void replay_digest_init(struct replay *r, struct oracle *o);

/* ---- replay_inspect.c ---- */

/* Look at live blocks from a random one on, within a budget of bytes. */
bool inspect_contents(struct replay *r, uint64_t op, uint64_t budget,
                      struct finding *f);

/* No byte but those of heap and mappings may be other than zero. */
bool inspect_strays(const struct replay *r, const struct oracle *o,
                    struct finding *f);

/* The worker's files have to be open still. */
bool inspect_files(const struct replay *r, struct finding *f);

/* ---- replay_diagnose.c ---- */

/* The worker is gone, or about to be; op is where it was. */
bool diagnose_ending(const struct replay *r, const struct ending *e,
                     const struct oracle *o, uint64_t op, struct finding *f);

/* The same before the first operation, or in mm_init. */
bool diagnose_start(const struct replay *r, const struct ending *e,
                    const struct oracle *o, enum moment moment,
                    struct finding *f);

/* The log is not to be believed any more, but for how far it goes. */
bool diagnose_tampering(const struct replay *r, const struct ending *e,
                        uint64_t first, uint32_t count, struct finding *f);

/* The worker stopped by itself; done of the batch's steps have returned. */
bool diagnose_stop(const struct replay *r, uint64_t first, uint32_t done,
                   struct finding *f);

/*
 * Damage is found by a check, which may come long after it was done. A second
 * worker replays the trace up to there and compares the byte after every step;
 * the same trace gives the same addresses. Sets f->culprit to the operation
 * during which the byte changed, if it sees that.
 */
void diagnose_culprit(const struct replay *r, struct finding *f);

/* Verdict, message and the command to reproduce it. */
void diagnose_conclude(const struct replay *r, const struct oracle *o,
                       struct finding *f, struct outcome *out);

#endif
