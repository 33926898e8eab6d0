/*
 * replay_batch.c - copy a batch into the channel, apply its log to the oracle.
 */
#include "base/random.h"
#include "replay_parts.h"

/* The operation that the worker carries out for op (replay_feed). */
static struct op adapt(const struct replay *r, const struct oracle *o,
                       struct op op)
{
    if (o->live[op_slot(op)].refused && op_has_block(op))
        return op_make(OP_SKIP, op_slot(op), 0, 0);
    if (op_kind(op) == OP_FREE_NULL && r->setup.no_free_null)
        return op_make(OP_SKIP, 0, 0, 0);
    if (op_call(op) == CALL_MEMALIGN && !r->has_memalign)
        return op_make(OP_ALLOC, op_slot(op), op_size(op), 0);
    op.bytes = op_size(op); /* without the thread */
    return op;
}

void replay_feed(struct replay *r, const struct oracle *o, uint64_t first,
                 uint32_t count)
{
    const struct op *ops = r->setup.trace->ops + first;
    struct op *steps = sandbox_steps(r->sandbox);

    for (uint32_t i = 0; i < count; i++)
        steps[i] = adapt(r, o, ops[i]);
}

static void remember_move(struct replay *r, struct op op, uint64_t index,
                          uint64_t before, uint64_t after)
{
    if (op_effect(op) != EFFECT_RESIZED || before == after)
        return;
    if (r->move_count < MAX_MOVES)
        r->moves[r->move_count] = index;
    else if (random_below(&r->random, r->move_count + 1) < MAX_MOVES)
        r->moves[random_below(&r->random, MAX_MOVES)] = index;
    r->move_count++;
}

/* After the free of a refused block, its slot may be allocated again. */
static void apply_skip(struct oracle *o, struct op original)
{
    if (op_ends(original))
        o->live[op_slot(original)].refused = false;
}

/* The events of the last call that the oracle has not applied yet. */
struct queue {
    const struct mem_event *next;
    size_t count;
};

static struct queue events_of(const struct sandbox *s)
{
    struct queue q;

    q.next = sandbox_events(s, &q.count);
    return q;
}

/* Apply the events up to and including step; false at one that is wrong. */
static bool apply_events(struct oracle *o, struct queue *q, uint32_t step,
                         uint64_t op, struct finding *f)
{
    for (; q->count > 0 && q->next->step <= step; q->next++, q->count--)
        if (!oracle_event(o, q->next, op, f))
            return false;
    return true;
}

static void call_observers(const struct replay *r, uint64_t index,
                           uint64_t address)
{
    const struct replay_observer *observer = r->setup.observers;

    for (int i = 0; i < REPLAY_OBSERVERS; i++, observer++)
        if (observer->operation)
            observer->operation(observer->context, r->oracle,
                                r->setup.trace->ops[index], index, address);
}

/* One step of FNV-1a (Fowler, Noll and Vo), over words. */
static uint64_t hash_add(uint64_t hash, uint64_t word)
{
    return (hash ^ word) * 0x100000001b3u;
}

static bool digest_step(struct replay *r, struct oracle *o, uint32_t step,
                        uint64_t index, struct finding *f)
{
    struct op op = sandbox_steps(r->sandbox)[step];
    uint64_t address = sandbox_log(r->sandbox)[step];
    uint64_t before = o->live[op_slot(op)].address;

    if (op_kind(op) == OP_SKIP) {
        apply_skip(o, r->setup.trace->ops[index]);
        return true;
    }
    bool good = oracle_apply(o, op, index, address, f);
    o->placement =
        hash_add(o->placement, address ? address - o->base : 0);
    if (good && o == r->oracle) {
        remember_move(r, op, index, before, address);
        if (o->payload < r->lowest_payload)
            r->lowest_payload = o->payload;
        call_observers(r, index, op_ends(op) ? before : address);
    }
    return good;
}

/* The events of a step, the step, and what holds after both. */
static bool digest_whole_step(struct replay *r, struct oracle *o,
                              struct queue *q, uint32_t step, uint64_t index,
                              struct finding *f)
{
    return apply_events(o, q, step, index, f) &&
           digest_step(r, o, step, index, f) &&
           (o->lenient || oracle_settle(o, index, f));
}

bool replay_digest(struct replay *r, struct oracle *o, uint64_t first,
                   uint32_t count, uint32_t *done, struct finding *f)
{
    uint32_t returned = sandbox_steps_done(r->sandbox, count);
    struct queue q = events_of(r->sandbox);

    *done = 0;
    if (o->lenient && !apply_events(o, &q, UINT32_MAX, first, f))
        return false;
    for (; *done < returned; ++*done)
        if (!digest_whole_step(r, o, &q, *done, first + *done, f))
            return false;
    return apply_events(o, &q, UINT32_MAX, first + *done, f) &&
           (returned < count || oracle_settle(o, first + *done - 1, f));
}

bool replay_call(struct replay *r, enum command command, uint64_t first,
                 uint32_t count, struct finding *f)
{
    uint32_t done;

    replay_feed(r, r->timed_oracle, first, count);
    struct ending e = sandbox_call(r->sandbox, command, count, first);
    if (e.verdict == VERDICT_TAMPERED)
        return diagnose_tampering(r, &e, first, count, f);
    if (r->setup.allocator->kind == WORKER_NULL)
        return true;
    if (!replay_digest(r, r->timed_oracle, first, count, &done, f))
        return false;
    if (!worker_lives(&e))
        return diagnose_ending(r, &e, r->timed_oracle, first + done, f);
    return done == count || finding_text(f, VERDICT_TAMPERED, first + done,
                                         "was never carried out");
}

bool replay_digest_init(struct replay *r, struct oracle *o, struct finding *f)
{
    struct queue q = events_of(r->sandbox);

    return apply_events(o, &q, UINT32_MAX, NO_OP - 1, f) &&
           oracle_settle(o, NO_OP - 1, f);
}
