/*
 * shrink.c - take parts of the trace away as long as the verdict stays.
 *
 *     cut     what comes after the operation in which the fault shows
 *     blocks  halves of all blocks, quarters, ... at last each block alone
 *     moves   frees and reallocs, in the same way
 *     sizes   one bound for all, then each size, down a ladder of round sizes;
 *             calloc and memalign become malloc
 *
 * and again, until nothing goes. A candidate is judged like any trace: by a
 * replay in a worker of its own.
 */
#include "shrink.h"

#include "base/clock.h"
#include "base/interrupt.h"
#include "draft.h"

#include <stdio.h>

enum {
    REPLAY_WORK = 10000, /* what starting a worker costs, in operations */
    LADDER = 256         /* the most sizes that it has */
};

/* Operations replayed until the search ends. Seconds of time end it, too, where
 * replays wait for an allocator that sleeps or hangs. */
static const double most_work = 3e7, most_seconds = 18;

/* A candidate may hang. It has so many times the CPU time that the whole trace
 * took, and at least the seconds below. */
static const double time_factor = 4, least_time_limit = 0.15;

/* An operation of the whole trace that takes so many seconds hangs. */
static const double hang_time_limit = 2;

struct search {
    const struct shrink_setup *setup;
    struct replay_setup replay; /* of candidates */
    bool timed;                 /* the fault shows in timed passes only */
    enum verdict wanted;
    struct draft best;
    uint64_t fault_at; /* operation of best in which the fault shows */
    unsigned replays;
    double work, begin; /* operations; seconds of the monotonic clock */
};

bool shrink_is_possible(const struct outcome *outcome)
{
    enum verdict verdict = outcome->verdict;

    if (verdict == VERDICT_TAMPERED && outcome->verdict_in_timed_pass)
        return false;
    return verdict != VERDICT_OK && verdict != VERDICT_NOT_RUN &&
           verdict != VERDICT_LOAD_FAILED && verdict != VERDICT_INIT_FAILED &&
           verdict != VERDICT_TOO_SLOW;
}

/* ---- One replay. ---- */

static struct outcome judge(struct search *s, const struct trace *t, bool timed)
{
    struct outcome out;

    s->replay.trace = t;
    struct replay *r = replay_open(&s->replay);
    replay_passes(r, timed, &out);
    replay_close(r);
    s->replays++;
    s->work += REPLAY_WORK + (double)t->op_count;
    return out;
}

static bool is_over(const struct search *s)
{
    return interrupted || s->work > most_work ||
           clock_seconds() > s->begin + most_seconds;
}

static void report(const struct search *s)
{
    char what[120];

    if (!s->setup->progress)
        return;
    snprintf(what, sizeof what,
             "shrinking: %llu of %llu operations left, %u replays",
             (unsigned long long)s->best.count,
             (unsigned long long)s->setup->replay.trace->op_count, s->replays);
    s->setup->progress(what);
}

/*
 * Judge the candidate, which is ours to free. With the verdict wanted it takes
 * the place of the best: true.
 */
static bool try(struct search *s, struct draft candidate)
{
    bool same = false;

    if (candidate.count > 0 && !is_over(s)) {
        struct trace *t = draft_trace(&candidate, s->setup->path);
        struct outcome out = judge(s, t, s->timed);

        same = out.verdict == s->wanted;
        if (same)
            s->fault_at = out.ops_done;
        trace_delete(t);
    }
    if (same) {
        struct draft before = s->best;

        s->best = candidate;
        candidate = before;
    }
    draft_free(&candidate);
    report(s);
    return same;
}

/* ---- Fewer operations. ---- */

static void cut(struct search *s)
{
    if (s->fault_at + 1 < s->best.count)
        try(s, draft_head(&s->best, s->fault_at + 1));
}

static uint64_t count_blocks(const struct draft *d)
{
    return d->blocks;
}

static uint64_t count_moves(const struct draft *d)
{
    uint64_t moves = 0;

    for (uint64_t i = 0; i < d->count; i++)
        moves += op_takes_block(d->steps[i].op);
    return moves;
}

/* Parts of the draft, by number, that can be taken out. */
struct parts {
    uint64_t (*count)(const struct draft *draft);
    struct draft (*without)(const struct draft *draft, uint64_t first,
                            uint64_t end);
};

/* Take out what is not needed, so many parts at a time. True if any went. */
static bool drop_each(struct search *s, const struct parts *p, uint64_t size)
{
    bool any = false;

    for (uint64_t first = 0; first < p->count(&s->best) && !is_over(s);) {
        if (try(s, p->without(&s->best, first, first + size)))
            any = true;
        else
            first += size;
    }
    return any;
}

static void drop(struct search *s, const struct parts *p)
{
    uint64_t size = p->count(&s->best);

    for (size = size / 2 + size % 2; size > 1; size = size / 2)
        drop_each(s, p, size);
    while (drop_each(s, p, 1) && !is_over(s))
        ;
}

/* ---- Smaller operations. ---- */

/* 1, 8, 16, ... 64, and from there on four sizes to each doubling. */
static int make_ladder(uint64_t *sizes)
{
    int count = 0;

    sizes[count++] = 1;
    for (uint64_t size = 8, step = 8; count < LADDER && size < OP_MAX_SIZE;
         size += step) {
        if (size >= 64 && (size & (size - 1)) == 0)
            step = size / 4;
        sizes[count++] = size;
    }
    return count;
}

/* The candidate in which no size of steps first up to end exceeds bound. */
static struct draft bounded(const struct draft *d, uint64_t first, uint64_t end,
                            uint64_t bound)
{
    struct draft copy = draft_copy(d);

    for (uint64_t i = first; i < end; i++) {
        struct op *op = &copy.steps[i].op;

        if (op_size(*op) > bound)
            op->bytes = bound;
    }
    return copy;
}

static uint64_t largest(const struct draft *d, uint64_t first, uint64_t end)
{
    uint64_t most = 0;

    for (uint64_t i = first; i < end; i++)
        if (op_size(d->steps[i].op) > most)
            most = op_size(d->steps[i].op);
    return most;
}

/* Find the lowest rung that serves as a bound, as if all above it served. */
static void lower_sizes(struct search *s, uint64_t first, uint64_t end)
{
    uint64_t sizes[LADDER], most = largest(&s->best, first, end);
    int low = 0, high = make_ladder(sizes);

    while (high > 0 && sizes[high - 1] >= most)
        high--; /* rungs from high on change nothing */
    while (low < high && !is_over(s)) {
        int middle = (low + high) / 2;

        if (try(s, bounded(&s->best, first, end, sizes[middle])))
            high = middle;
        else
            low = middle + 1;
    }
}

static bool try_op(struct search *s, uint64_t at, struct op op)
{
    struct draft copy = draft_copy(&s->best);

    copy.steps[at].op = op;
    return try(s, copy);
}

/* calloc and memalign as malloc of as many bytes; or calloc of one element. */
static void make_plain(struct search *s, uint64_t at)
{
    struct op op = s->best.steps[at].op;

    if (!op_begins(op) || op_argument(op) == ARGUMENT_NOTHING ||
        try_op(s, at, op_make(OP_ALLOC, 0, op_payload(op), 0)))
        return;
    if (op_argument(op) == ARGUMENT_COUNT && op.arg > 1)
        try_op(s, at, op_make(op_kind(op), 0, op_payload(op), 1));
}

static void simplify(struct search *s)
{
    for (uint64_t i = 0; i < s->best.count && !is_over(s); i++)
        make_plain(s, i);
    lower_sizes(s, 0, s->best.count);
    for (uint64_t i = 0; i < s->best.count && !is_over(s); i++)
        lower_sizes(s, i, i + 1);
}

/* ---- The search. ---- */

static void search(struct search *s)
{
    static const struct parts blocks = {count_blocks, draft_without_blocks},
                              moves = {count_moves, draft_without_moves};
    uint64_t before;

    do {
        before = s->best.count;
        cut(s);
        drop(s, &blocks);
        drop(s, &moves);
        simplify(s);
    } while (s->best.count < before && !is_over(s));
}

/* Whether the whole trace hangs shows soon; whether it is only slow takes the
 * whole time limit. */
static struct outcome judge_first(struct search *s)
{
    const struct trace *t = s->setup->replay.trace;
    double limit = s->setup->replay.time_limit;

    s->replay.time_limit = limit < hang_time_limit ? limit : hang_time_limit;
    struct outcome out = judge(s, t, s->setup->timing);
    if (out.verdict == VERDICT_TOO_SLOW && hang_time_limit < limit) {
        s->replay.time_limit = limit;
        out = judge(s, t, s->setup->timing);
    }
    return out;
}

/* The verdict on the whole trace, and how long candidates may take. */
static struct outcome judge_whole(struct search *s)
{
    double begin = clock_seconds();
    struct outcome out = judge_first(s);
    double spent = clock_seconds() - begin, limit = time_factor * spent;

    if (limit < least_time_limit || spent >= s->replay.time_limit)
        limit = least_time_limit; /* or it was the time limit that ended it */
    if (limit < s->replay.time_limit)
        s->replay.time_limit = limit;
    s->timed = out.verdict_in_timed_pass;
    s->wanted = out.verdict;
    s->fault_at = out.ops_done;
    s->work = 0;
    s->begin = clock_seconds();
    return out;
}

struct shrink_result shrink(const struct shrink_setup *setup)
{
    struct search s = {.setup = setup, .replay = setup->replay};

    interrupt_catch();
    s.replay.verdict_only = true;
    struct shrink_result result = {.outcome = judge_whole(&s)};
    if (!shrink_is_possible(&result.outcome))
        return result;
    s.best = draft_of(setup->replay.trace);
    search(&s);
    result.complete = !is_over(&s);
    result.trace = draft_trace(&s.best, setup->path);
    draft_free(&s.best);
    s.replay.verdict_only = false;
    result.outcome = judge(&s, result.trace, s.timed);
    result.replays = s.replays;
    return result;
}
