/*
 * worker_checked.c - the loop that fills every payload and looks whether it is
 * still there before it is freed or moved, so that damage is seen by whom it
 * hits. It trusts an address only as far as it must to write to it; whether the
 * address is right is for the judge to say, who reads the log.
 */
#include "pattern.h"
#include "worker.h"
#include "worker_parts.h"

/* May size bytes at address be written to without harm to the worker? */
static bool plausible(uint64_t address, uint64_t size)
{
    const struct channel *c = worker.channel;
    uint64_t at = address - c->heap_base;

    if (address % 8 != 0)
        return false;
    if (c->kind != WORKER_LAB)
        return true;
    return address >= c->heap_base && at <= c->heap_span &&
           size <= c->heap_span - at;
}

static bool stop(uint32_t step, enum stop_reason reason, uint64_t offset,
                 uint64_t value)
{
    worker.channel->stop = (struct stop){offset, value, reason, step};
    return false;
}

static uint64_t seed_of(const struct held *h)
{
    return pattern_seed(worker.channel->secret, h->birth);
}

static bool stop_at_byte(uint32_t step, enum stop_reason reason,
                         const void *payload, uint64_t offset)
{
    return stop(step, reason, offset, ((const uint8_t *)payload)[offset]);
}

/*
 * The worker is busy with a payload, from begin to end: that time is not the
 * allocator's. The judge reads it while the worker goes on.
 */
static void filling_begin(uint64_t bytes)
{
    volatile struct channel *c = worker.channel;

    c->filled += bytes;
    c->filling = 1;
}

static void filling_end(void)
{
    ((volatile struct channel *)worker.channel)->filling = 0;
}

static void fill(void *payload, uint64_t from, uint64_t size, uint64_t seed)
{
    filling_begin(size - from);
    pattern_fill(payload, (size_t)from, (size_t)size, seed);
    filling_end();
}

static size_t zeros_of(const void *payload, uint64_t size)
{
    filling_begin(size);
    size_t zeros = first_nonzero(payload, (size_t)size);
    filling_end();
    return zeros;
}

/* Is the block's payload what it was filled with, in its first size bytes? */
static bool payload_kept(uint32_t step, const struct held *h, uint64_t size,
                         enum stop_reason reason)
{
    const void *payload = as_pointer(h->address);

    filling_begin(size);
    size_t same = pattern_check(payload, (size_t)size, seed_of(h));
    filling_end();
    return same == size || stop_at_byte(step, reason, payload, same);
}

/* A block was handed out: remember it and fill it. */
static bool hold(uint32_t step, struct op op, uint64_t address)
{
    struct held *h = &worker.held[op_slot(op)];
    uint64_t size = op_payload(op);

    *h = (struct held){address, size, worker.channel->first + step};
    if (size == 0)
        return true;
    if (address == 0)
        return stop(step, STOP_NULL, 0, 0);
    if (!plausible(address, size))
        return stop(step, STOP_IMPLAUSIBLE, 0, 0);
    void *payload = as_pointer(address);
    if (op_call(op) == CALL_CALLOC) {
        size_t zeros = zeros_of(payload, size);

        if (zeros < size)
            return stop_at_byte(step, STOP_NOT_ZERO, payload, zeros);
    }
    fill(payload, 0, size, seed_of(h));
    return true;
}

static bool check_begin(uint32_t step, struct op op)
{
    uint64_t address = worker_call(op, 0);

    worker.log[step] = address;
    return hold(step, op, address);
}

static bool check_end(uint32_t step, struct op op)
{
    struct held *h = &worker.held[op_slot(op)];

    if (h->address && !payload_kept(step, h, h->size, STOP_DAMAGED))
        return false;
    worker.log[step] = worker_call(op, h->address);
    return true;
}

/*
 * Where realloc leaves the block in place nothing was copied, and its bytes
 * are looked at when it moves or is freed: so a vector that grows in place
 * does not cost its whole size at every step.
 */
static bool check_resized(uint32_t step, struct op op)
{
    struct held *h = &worker.held[op_slot(op)];
    uint64_t old = h->size, size = op_size(op), before = h->address;
    uint64_t kept = size < old ? size : old;
    uint64_t address = worker_call(op, before);

    worker.log[step] = address;
    if (address == 0)
        return stop(step, STOP_NULL, 0, 0);
    if (!plausible(address, size))
        return stop(step, STOP_IMPLAUSIBLE, 0, 0);
    h->address = address;
    h->size = size;
    if (address != before && !payload_kept(step, h, kept, STOP_NOT_KEPT))
        return false;
    fill(as_pointer(address), kept, size, seed_of(h));
    return true;
}

static bool check_nothing(uint32_t step, struct op op)
{
    worker.log[step] = worker_call(op, 0);
    return true;
}

/* By what becomes of the operation's block. */
static bool (*const check_effect[])(uint32_t step, struct op op) = {
    [EFFECT_NOTHING] = check_nothing,
    [EFFECT_BEGINS] = check_begin,
    [EFFECT_RESIZED] = check_resized,
    [EFFECT_ENDS] = check_end,
};

/* The bytes just behind the break belong to nobody, and are zero. */
static bool break_respected(uint32_t step)
{
    const struct mem_account *a = &worker.channel->account;
    enum { LOOK = 64 };

    if (worker.channel->kind != WORKER_LAB || a->brk + LOOK > a->map_floor)
        return true;
    const unsigned char *end = (unsigned char *)mem_heap_hi() + 1;
    size_t zeros = first_nonzero(end, LOOK);
    return zeros == LOOK ||
           stop(step, STOP_PAST_HEAP, a->brk + zeros, end[zeros]);
}

static bool audit_passed(uint32_t step)
{
    const struct channel *c = worker.channel;

    if (!worker.calls.audit || c->audit_every == 0 ||
        (c->first + step + 1) % c->audit_every != 0)
        return true;
    int broken = worker.calls.audit();
    return broken == 0 || stop(step, STOP_AUDIT, 0, (uint64_t)broken);
}

/* The byte that is watched, NULL where there is nothing to see of it now. */
static const uint8_t *watched_byte(const struct watch *w)
{
    const struct channel *c = worker.channel;
    const struct held *h;

    if (w->slot == WATCH_OUTSIDE)
        return w->offset < c->account.brk || w->offset >= c->account.map_floor
                   ? NULL
                   : as_pointer(c->heap_base + w->offset);
    h = &worker.held[w->slot];
    return h->size <= w->offset ? NULL /* not filled that far yet */
                                : as_pointer(h->address + w->offset);
}

static bool watch_silent(uint32_t step)
{
    const struct watch *w = &worker.channel->watch;

    if (!w->active || worker.channel->first + step < w->from)
        return true;
    const uint8_t *byte = watched_byte(w);
    return !byte || *byte == w->expected ||
           stop(step, STOP_WATCH, w->offset, *byte);
}

static bool check_step(uint32_t step)
{
    struct op op = worker.steps[step];

    if (worker.channel->first + step == worker.channel->stop_at)
        worker_breakpoint();
    worker.channel->progress = step + 1;
    worker.channel->account.step = step;
    if (!check_effect[op_effect(op)](step, op))
        return false;
    if (worker.channel->progress != step + 1)
        return stop(step, STOP_CONTROL_LOST, 0, 0);
    return break_respected(step) && watch_silent(step) && audit_passed(step);
}

void worker_check_batch(void)
{
    struct channel *c = worker.channel;
    uint32_t count = c->count;

    c->progress = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (c->progress != i) {
            stop(i, STOP_CONTROL_LOST, 0, 0);
            c->reply = REPLY_STOPPED;
            return;
        }
        if (!check_step(i)) {
            c->reply = REPLY_STOPPED;
            return;
        }
    }
    c->reply = REPLY_DONE;
}

__attribute__((noinline)) void worker_breakpoint(void)
{
    __asm__ volatile("");
}
