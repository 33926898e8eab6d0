/*
 * worker_checked.c - fill every payload with a pattern, and compare the pattern
 * before the block is freed, and after realloc has moved it.
 *
 * The worker only checks that it can write to an address safely. The judge,
 * which reads the log, decides whether the address is right.
 */
#include "pattern.h"
#include "worker.h"
#include "worker_parts.h"

/* Can the worker write size bytes at address without damage to itself? */
static bool may_write_to(uint64_t address, uint64_t size)
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

/* Set channel->stop; returns false, as a check that fails does. */
static bool report_stop(uint32_t step, enum verdict verdict, uint64_t offset,
                        uint64_t value)
{
    worker.channel->stop = (struct stop){
        .offset = offset, .value = value, .verdict = verdict, .step = step};
    return false;
}

static uint64_t seed_of(const struct worker_block *b)
{
    return pattern_seed(worker.channel->secret, b->birth);
}

static bool report_stop_at(uint32_t step, enum verdict verdict,
                           const void *payload, uint64_t offset)
{
    return report_stop(step, verdict, offset,
                       ((const uint8_t *)payload)[offset]);
}

/*
 * Between filling_begin and filling_end the worker is busy with a payload, so
 * the time is not the allocator's. The judge reads this while the worker runs.
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

static size_t leading_zeros(const void *payload, uint64_t size)
{
    filling_begin(size);
    size_t zeros = first_nonzero(payload, (size_t)size);
    filling_end();
    return zeros;
}

/* Do the first size bytes of the payload still have the pattern? */
static bool payload_kept(uint32_t step, const struct worker_block *b,
                         uint64_t size)
{
    const void *payload = as_pointer(b->address);

    filling_begin(size);
    size_t same = pattern_check(payload, (size_t)size, seed_of(b));
    filling_end();
    return same == size ||
           report_stop_at(step, VERDICT_DATA_LOST, payload, same);
}

/* The allocator's own reads past the break are faults, and none of ours. */
static uint64_t checked_call(struct op op, uint64_t block)
{
    mem_poison(true);
    uint64_t address = worker_call(op, block);
    mem_poison(false);
    return address;
}

/* Record the new block at address, check and fill it; false if it is wrong. */
static bool accept_block(uint32_t step, struct op op, uint64_t address)
{
    struct worker_block *b = &worker.blocks[op_slot(op)];
    uint64_t size = op_payload(op);

    *b = (struct worker_block){address, size, worker.channel->first + step};
    if (size == 0)
        return true;
    if (address == 0)
        return report_stop(step, VERDICT_NULL, 0, 0);
    if (!may_write_to(address, size))
        return report_stop(step, VERDICT_OUT_OF_HEAP, 0, 0);
    void *payload = as_pointer(address);
    if (op_call(op) == CALL_CALLOC) {
        size_t zeros = leading_zeros(payload, size);

        if (zeros < size)
            return report_stop_at(step, VERDICT_NOT_ZEROED, payload, zeros);
    }
    fill(payload, 0, size, seed_of(b));
    return true;
}

static bool check_begin(uint32_t step, struct op op)
{
    uint64_t address = checked_call(op, 0);

    worker.log[step] = address;
    return accept_block(step, op, address);
}

static bool check_end(uint32_t step, struct op op)
{
    struct worker_block *b = &worker.blocks[op_slot(op)];

    if (b->address && !payload_kept(step, b, b->size))
        return false;
    worker.log[step] = checked_call(op, b->address);
    return true;
}

/*
 * If realloc moves the block, its bytes are compared. If not, they are compared
 * when the block is moved or freed later: else every step of a vector that
 * grows in place would take time linear in its size.
 */
static bool check_resized(uint32_t step, struct op op)
{
    struct worker_block *b = &worker.blocks[op_slot(op)];
    uint64_t old = b->size, size = op_size(op), before = b->address;
    uint64_t kept = size < old ? size : old;
    uint64_t address = checked_call(op, before);

    worker.log[step] = address;
    if (address == 0)
        return report_stop(step, VERDICT_NULL, 0, 0);
    if (!may_write_to(address, size))
        return report_stop(step, VERDICT_OUT_OF_HEAP, 0, 0);
    b->address = address;
    b->size = size;
    if (address != before && !payload_kept(step, b, kept)) {
        worker.channel->stop.moved = 1;
        return false;
    }
    fill(as_pointer(address), kept, size, seed_of(b));
    return true;
}

static bool check_nothing(uint32_t step, struct op op)
{
    worker.log[step] = checked_call(op, 0);
    return true;
}

/* By op_effect. */
static bool (*const check_effect[])(uint32_t step, struct op op) = {
    [EFFECT_NOTHING] = check_nothing,
    [EFFECT_BEGINS] = check_begin,
    [EFFECT_RESIZED] = check_resized,
    [EFFECT_ENDS] = check_end,
};

/* Bytes past the break that can be read; a guard leaves those of its page. */
static size_t readable_past_break(const struct mem_account *a)
{
    enum { CHECKED_BYTES = 64 };
    size_t on_page = -(size_t)a->brk & (mem_pagesize() - 1);

    if (a->brk + CHECKED_BYTES > a->map_floor)
        return 0;
    return mem_is_guarded() && on_page < CHECKED_BYTES ? on_page
                                                       : CHECKED_BYTES;
}

/* Are the bytes just above the break zero, as the allocator found them? */
static bool break_respected(uint32_t step)
{
    const struct mem_account *a = &worker.channel->account;

    if (worker.channel->kind != WORKER_LAB)
        return true;
    size_t checked = readable_past_break(a);
    const unsigned char *end = (unsigned char *)mem_heap_hi() + 1;
    size_t zeros = first_nonzero(end, checked);
    return zeros == checked || report_stop(step, VERDICT_WROTE_PAST_HEAP,
                                           a->brk + zeros, end[zeros]);
}

static bool audit_passed(uint32_t step)
{
    const struct channel *c = worker.channel;

    if (!worker.calls.audit || c->audit_every == 0 ||
        (c->first + step + 1) % c->audit_every != 0)
        return true;
    mem_poison(true);
    int broken = worker.calls.audit();
    mem_poison(false);
    return broken == 0 ||
           report_stop(step, VERDICT_BAD_HEAP, 0, (uint64_t)broken);
}

/* The byte of the watchpoint, or NULL if it cannot be compared now. */
static const uint8_t *watched_byte(const struct watchpoint *w)
{
    const struct channel *c = worker.channel;
    const struct worker_block *b;

    if (w->slot == WATCHPOINT_OUTSIDE)
        return w->offset < c->account.brk || w->offset >= c->account.map_floor
                   ? NULL
                   : as_pointer(c->heap_base + w->offset);
    b = &worker.blocks[w->slot];
    return b->size <= w->offset ? NULL /* no such byte now */
                                : as_pointer(b->address + w->offset);
}

static bool watched_byte_kept(uint32_t step)
{
    const struct watchpoint *w = &worker.channel->watchpoint;

    if (!w->active || worker.channel->first + step < w->from)
        return true;
    const uint8_t *byte = watched_byte(w);
    if (!byte || *byte == w->expected)
        return true;
    report_stop(step, VERDICT_DATA_LOST, w->offset, *byte);
    worker.channel->stop.watched = 1;
    return false;
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
        return report_stop(step, VERDICT_TAMPERED, 0, 0);
    return break_respected(step) && watched_byte_kept(step) &&
           audit_passed(step);
}

/* True if every step of the batch was right. */
static bool check_steps(uint32_t count)
{
    struct channel *c = worker.channel;

    for (uint32_t i = 0; i < count; i++) {
        if (c->progress != i)
            return report_stop(i, VERDICT_TAMPERED, 0, 0);
        if (!check_step(i))
            return false;
    }
    return true;
}

void worker_check_batch(void)
{
    struct channel *c = worker.channel;

    if (c->jailed)
        worker_clear_stack();
    bool guard = c->guards && c->overreach.access.signal == 0;

    c->progress = 0;
    if (guard)
        mem_guard(true); /* until the next pass */
    c->stopped = !check_steps(c->count);
    worker_end(VERDICT_OK);
}

__attribute__((noinline)) void worker_breakpoint(void)
{
    __asm__ volatile("");
}
