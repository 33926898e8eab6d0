/*
 * shape_test.c - random traces are sound, and each seed has its own.
 */
#include "../check.h"
#include "fuzz/shape.h"

#include <stdint.h>

enum { TRACES = 400, SEED = 5 };

static struct trace *trace_of(uint64_t seed, uint64_t n, struct shape *s)
{
    *s = shape_of(seed, n);
    return shape_trace(s, seed, n, "x.rep");
}

static bool same(const struct trace *a, const struct trace *b)
{
    return a->op_count == b->op_count &&
           memcmp(a->ops, b->ops, a->op_count * sizeof *a->ops) == 0;
}

static void traces_are_sound(void)
{
    for (uint64_t n = 0; n < TRACES; n++) {
        struct shape s;
        struct trace *t = trace_of(SEED, n, &s);
        bool *live = calloc(t->slot_count, sizeof *live);

        for (uint64_t i = 0; i < t->op_count; i++) {
            bool *slot = &live[op_slot(t->ops[i])];

            if (!op_has_block(t->ops[i]))
                continue;
            CHECK(op_begins(t->ops[i]) ? !*slot : *slot);
            *slot = !op_ends(t->ops[i]);
        }
        free(live);
        trace_delete(t);
    }
}

static void limits_of_the_shape_hold(void)
{
    for (uint64_t n = 0; n < TRACES; n++) {
        struct shape s;
        struct trace *t = trace_of(SEED, n, &s);
        uint32_t live = 0;

        CHECK(t->op_count >= s.op_count);
        CHECK(t->op_count <= s.op_count + s.live_count);
        CHECK(t->peak_payload <= s.live_bytes);
        for (uint64_t i = 0; i < t->op_count; i++) {
            live += op_begins(t->ops[i]) ? 1 : 0;
            live -= op_ends(t->ops[i]) ? 1 : 0;
            CHECK(live <= s.live_count);
        }
        CHECK(!s.frees_all || live == 0);
        trace_delete(t);
    }
}

static void a_seed_has_its_traces(void)
{
    for (uint64_t n = 0; n < 20; n++) {
        struct shape s;
        struct trace *once = trace_of(SEED, n, &s);
        struct trace *again = trace_of(SEED, n, &s);
        struct trace *other = trace_of(SEED + 1, n, &s);

        CHECK(same(once, again));
        CHECK(!same(once, other));
        trace_delete(once);
        trace_delete(again);
        trace_delete(other);
    }
}

/* Each kind of operation, size and shape comes within the first hundred. */
static void all_kinds_come(void)
{
    bool kind[OP_KINDS] = {0}, zero = false, mebi = false;
    int exhausting = 0, failing = 0, leaking = 0;

    for (uint64_t n = 0; n < 100; n++) {
        struct shape s;
        struct trace *t = trace_of(SEED, n, &s);

        for (uint64_t i = 0; i < t->op_count; i++) {
            kind[op_kind(t->ops[i])] = true;
            zero |= op_kind(t->ops[i]) == OP_ALLOC && op_size(t->ops[i]) == 0;
            mebi |= op_size(t->ops[i]) >= 1 << 20;
        }
        exhausting += s.exhausts;
        failing += s.fail_at != 0;
        leaking += s.heap_limit != 0 && !s.exhausts;
        trace_delete(t);
    }
    for (int k = 0; k < OP_KINDS; k++)
        CHECK(kind[k] || k == OP_SKIP);
    CHECK(zero && mebi);
    CHECK(exhausting > 5 && failing > 5 && leaking > 5);
}

static const struct test tests[] = {
    {"traces-are-sound", traces_are_sound},
    {"limits-of-the-shape-hold", limits_of_the_shape_hold},
    {"a-seed-has-its-traces", a_seed_has_its_traces},
    {"all-kinds-come", all_kinds_come},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
