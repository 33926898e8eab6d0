/*
 * replay_inspect.c - the judge checks the shared heap, at moments that the
 * allocator cannot foresee.
 */
#include "worker/pattern.h"
#include "base/random.h"
#include "replay_parts.h"

static bool block_intact(const struct replay *r, const struct live *l,
                         uint64_t op, struct finding *f)
{
    uint64_t seed = pattern_seed(r->secret, l->birth);
    const unsigned char *p =
        sandbox_heap(r->sandbox) + (l->address - r->oracle->base);
    size_t same = pattern_check(p, l->size, seed);

    if (same == l->size)
        return true;
    f->expected = pattern_byte(seed, same);
    return finding_in_block(f, VERDICT_DATA_LOST, op, l, same, p[same]);
}

bool inspect_contents(struct replay *r, uint64_t op, uint64_t budget,
                      struct finding *f)
{
    const struct oracle *o = r->oracle;
    uint32_t slot =
        o->slot_count ? (uint32_t)random_below(&r->random, o->slot_count) : 0;

    for (uint32_t n = 0; n < o->slot_count && budget > 0; n++, slot++) {
        const struct live *l = &o->live[slot % o->slot_count];
        uint64_t cost = l->size + 64;

        if (l->in_use && l->size && !block_intact(r, l, op, f))
            return false;
        budget -= cost < budget ? cost : budget;
    }
    return true;
}

static bool unit_is_in_heap(const struct oracle *o, uint64_t at)
{
    return at + MEM_UNIT <= o->brk || oracle_unit_mapped(o, at);
}

/* Are the bytes from at to end, of units outside the heap, zero? */
static bool units_clear(const struct replay *r, const struct oracle *o,
                        uint64_t at, uint64_t end, struct finding *f)
{
    const unsigned char *heap = sandbox_heap(r->sandbox);

    for (uint64_t next; at < end; at = next) {
        next = (at / MEM_UNIT + 1) * MEM_UNIT;
        if (unit_is_in_heap(o, at / MEM_UNIT * MEM_UNIT))
            continue;
        size_t zeros = first_nonzero(heap + at, next - at);
        if (zeros < next - at) {
            f->address = o->base + at + zeros;
            f->value = heap[at + zeros];
            return finding_at(f, VERDICT_WROTE_PAST_HEAP, AT_END, "");
        }
    }
    return true;
}

bool inspect_strays(const struct replay *r, const struct oracle *o,
                    struct finding *f)
{
    uint64_t end = o->brk;

    for (uint64_t at; sandbox_next_pages(r->sandbox, end, &at, &end);)
        if (!units_clear(r, o, at, end, f))
            return false;
    return true;
}

/* ---- In a jail. ---- */

static bool waits_elsewhere(uint64_t op, struct finding *f)
{
    static const char text[] =
        "answered in the worker's place: a call that was to return has gone "
        "on instead";

    return op == NO_OP ? finding_at(f, VERDICT_TAMPERED, AT_END, text)
                       : finding_text(f, VERDICT_TAMPERED, op, text);
}

struct outside replay_measure_outside(const struct replay *r)
{
    const struct counter *c = r->setup.counter;

    return outside_measure(sandbox_process(r->sandbox),
                           &r->setup.allocator->object, r->object_base,
                           c ? c->page->own : NULL);
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void count_outside(struct replay *r)
{
    struct outside now = replay_measure_outside(r);
    struct outside_use used =
        outside_used(&r->at_load, &now, &r->setup.allocator->object);

    r->outside_used.object = larger(r->outside_used.object, used.object);
    r->outside_used.others = larger(r->outside_used.others, used.others);
    r->outside = larger(r->outside, outside_counted(used, r->counted.known));
}

bool inspect_worker(struct replay *r, const struct oracle *o, uint64_t op,
                    struct finding *f)
{
    if (!r->watched)
        return true;
    if (!sandbox_waits_in_place(r->sandbox))
        return waits_elsewhere(op, f);
    count_outside(r);
    sandbox_scrub(r->sandbox, o->lenient, o->live);
    return inspect_strays(r, o, f);
}

bool inspect_at_random(struct replay *r, const struct oracle *o, uint64_t end,
                       uint64_t count, struct finding *f)
{
    /* In a pass, about. Valgrind has many pages to look at; and who used memory
     * between a few moments, and packed it away in time, would be slower. */
    enum { LOOKS = 20, LOOKS_COUNTED = 4 };
    uint64_t looks = r->setup.counter ? LOOKS_COUNTED : LOOKS;

    return !r->watched ||
           random_below(&r->random, r->setup.trace->op_count) >=
               looks * count ||
           inspect_worker(r, o, end - 1, f);
}

bool inspect_files(const struct replay *r, struct finding *f)
{
    return process_files_open(sandbox_process(r->sandbox)) ||
           finding_at(f, VERDICT_TAMPERED, AT_END,
                      "a file of the driver's is closed");
}
