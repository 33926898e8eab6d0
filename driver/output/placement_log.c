/*
 * placement_log.c - for each operation raise the break, apply it, write it.
 */
#include "placement_log.h"

#include "base/fatal.h"

#include <assert.h>

/* About the address of an allocator's heap. */
#define LOWEST_BASE ((uint64_t)1 << 30)

static uint64_t base_for(const struct trace *t)
{
    uint64_t base = LOWEST_BASE;

    for (uint64_t i = 0; i < t->op_count; i++)
        if (base < (uint64_t)1 << op_alignment_bits(t->ops[i]))
            base = (uint64_t)1 << op_alignment_bits(t->ops[i]);
    return base;
}

/* The end of the operation's block in best fit, which rounds up to granules;
 * 0 if it has none. */
static uint64_t end_after(const struct placement_log *s, struct op op,
                          uint64_t index)
{
    uint64_t size = op_payload(op) > 0 ? op_payload(op) : 1;

    if (op_ends(op) || !op_has_block(op))
        return 0;
    return s->place[index] + ((size + s->align - 1) & ~(s->align - 1ull));
}

static void raise_break(struct oracle *o, uint64_t to, uint64_t index)
{
    struct mem_event event = {.kind = MEM_BRK, .at = to};
    struct finding finding = finding_none();

    if (to > o->brk)
        oracle_event(o, &event, index, &finding);
}

static void write_op(struct replay_log *replay_log, struct oracle *o,
                     const struct placement_log *s, struct op op,
                     uint64_t index)
{
    uint64_t before = o->live[op_slot(op)].address;
    uint64_t address = op_ends(op) ? before : o->base + s->place[index];
    struct finding finding = finding_none();

    if (!op_has_block(op))
        address = 0;
    raise_break(o, s->rises ? end_after(s, op, index) : s->top, index);
    bool good = oracle_apply(o, op, index, address, &finding);
    assert(good);
    (void)good;
    replay_log_write(replay_log, o, op, index, address);
}

void placement_log_write(struct replay_log *replay_log,
                         const struct trace *trace,
                         const struct placement_log *placement_log,
                         uint64_t limit)
{
    struct oracle_setup setup = {.align = placement_log->align,
                                 .bounded = true,
                                 .base = base_for(trace),
                                 .limit = limit,
                                 .slot_count = trace->slot_count};

    if (placement_log->top > limit) {
        warn(trace->path, 0,
             "%s is not written: it is higher than --heap-limit",
             placement_log->name);
        return;
    }
    struct oracle *o = oracle_new(&setup);
    replay_log_begin(replay_log, placement_log->name, trace);
    for (uint64_t i = 0; i < trace->op_count; i++) {
        write_op(replay_log, o, placement_log, trace->ops[i], i);
        trace_release_before(trace, i);
    }
    oracle_delete(o);
}

void placement_log_write_all(void *log, const struct benchmark *b, size_t trace,
                             const struct placements *where)
{
    const struct bounds *bounds = &b->bounds[trace];
    struct placement_log best_fit = {.name = "best_fit",
                                     .place = where->best_fit,
                                     .top = bounds->best_fit_bytes,
                                     .rises = true,
                                     .align = b->setup.align};
    struct placement_log packing = {.name = "packing",
                                    .place = where->packing,
                                    .top = bounds->packing_bytes,
                                    .align = b->setup.align};

    if (best_fit.place)
        placement_log_write(log, b->traces[trace], &best_fit,
                            b->setup.heap_limit);
    if (packing.place)
        placement_log_write(log, b->traces[trace], &packing,
                            b->setup.heap_limit);
}
