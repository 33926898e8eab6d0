/*
 * perturb_test.c - trace_perturb changes sizes a little and renames slots.
 */
#include "traces.h"

static void the_seed_decides(void)
{
    struct trace *t = load_long();
    struct trace *one = trace_perturb(t, 1), *again = trace_perturb(t, 1);
    struct trace *two = trace_perturb(t, 2);

    CHECK(same_ops(one, again) && same_measures(one, again));
    CHECK(!same_ops(one, t) && !same_ops(one, two));
    trace_delete(t);
    trace_delete(one);
    trace_delete(again);
    trace_delete(two);
}

/* Each operation keeps its kind, its thread and its alignment. */
static void kinds_threads_and_alignments_stay(void)
{
    struct trace *t = load_long(), *p = trace_perturb(t, 1);

    CHECK(p->op_count == t->op_count && p->slot_count == t->slot_count);
    CHECK(p->weight == t->weight && p->threaded == t->threaded);
    CHECK(strcmp(p->name, t->name) == 0 &&
          strcmp(p->path, t->path) == 0);
    for (uint64_t i = 0; i < OPS; i++) {
        CHECK(op_kind(p->ops[i]) == op_kind(t->ops[i]));
        CHECK(op_thread(p->ops[i]) == op_thread(t->ops[i]));
        CHECK(op_kind(p->ops[i]) != OP_ALIGNED ||
              p->ops[i].arg == t->ops[i].arg);
    }
    trace_delete(t);
    trace_delete(p);
}

/* Each slot has another number, by a one-to-one map. */
static void slots_are_renamed(void)
{
    struct trace *t = load_long(), *p = trace_perturb(t, 1);
    uint32_t *new_slot = malloc((t->slot_count + 1) * sizeof *new_slot),
             renamed = 0;
    bool *taken = calloc(t->slot_count + 1, sizeof *taken);

    memset(new_slot, 0xff, (t->slot_count + 1) * sizeof *new_slot);
    for (uint64_t i = 0; i < OPS; i++) {
        uint32_t old = op_slot(t->ops[i]), new = op_slot(p->ops[i]);

        if (op_kind(t->ops[i]) == OP_FREE_NULL)
            continue;
        CHECK(new < t->slot_count);
        CHECK(new_slot[old] == UINT32_MAX ? !taken[new] : new_slot[old] == new);
        new_slot[old] = new;
        taken[new] = true;
        renamed += old != new;
    }
    CHECK(renamed > OPS / 2);
    free(new_slot);
    free(taken);
    trace_delete(t);
    trace_delete(p);
}

/* Is size within 4 per cent of the original, or within `least` bytes? */
static bool is_near(uint64_t size, uint64_t original, uint64_t least)
{
    uint64_t by = size > original ? size - original : original - size;

    return by <= original / 25 + least;
}

static void sizes_change_a_little(void)
{
    struct trace *t = load_long(), *p = trace_perturb(t, 1);
    uint64_t changed = 0;

    for (uint64_t i = 0; i < OPS; i++) {
        uint64_t old = op_payload(t->ops[i]), new = op_payload(p->ops[i]);

        if (op_kind(t->ops[i]) == OP_CALLOC) {
            CHECK(is_near(new, old, 1 + t->ops[i].arg));
        } else {
            CHECK(is_near(new, old, 1));
        }
        CHECK((old == 0) == (new == 0));
        changed += old != new;
    }
    CHECK(changed > OPS / 3);
    CHECK(is_near(p->peak_payload, t->peak_payload, 1));
    trace_delete(t);
    trace_delete(p);
}

/* The total size of an array of many small items changes little. */
static void array_sizes_change_a_little(void)
{
    struct trace *t = load("20000\n4\n4\n1\nc 0 1000 2\nc 1 1000 8\n"
                           "c 2 5000 20\nc 3 100000 1\n");

    for (uint64_t seed = 0; seed < 50; seed++) {
        struct trace *p = trace_perturb(t, seed);

        for (uint64_t i = 0; i < t->op_count; i++)
            CHECK(is_near(op_payload(p->ops[i]), op_payload(t->ops[i]), 20));
        trace_delete(p);
    }
    trace_delete(t);
}

/* A realloc that grew a block still does not shrink it, and conversely. */
static void reallocs_keep_their_direction(void)
{
    struct trace *t = load_long(), *p = trace_perturb(t, 1);
    struct op *old = calloc(t->slot_count + 1, sizeof *old);
    struct op *new = calloc(t->slot_count + 1, sizeof *new);

    for (uint64_t i = 0; i < OPS; i++) {
        uint32_t slot = op_slot(t->ops[i]);
        uint64_t size = op_payload(t->ops[i]);

        if (op_kind(t->ops[i]) == OP_REALLOC &&
            op_kind(old[slot]) != OP_CALLOC) {
            if (size >= op_payload(old[slot]))
                CHECK(op_payload(p->ops[i]) >= op_payload(new[slot]));
            if (size <= op_payload(old[slot]))
                CHECK(op_payload(p->ops[i]) <= op_payload(new[slot]));
        }
        old[slot] = t->ops[i];
        new[slot] = p->ops[i];
    }
    free(old);
    free(new);
    trace_delete(t);
    trace_delete(p);
}

static void peaks_are_computed_anew(void)
{
    struct trace *t = load_long(), *p = trace_perturb(t, 3);
    uint64_t *payload = payloads_of(p), peak = 0;

    for (uint64_t i = 0; i < OPS; i++)
        if (payload[i] > peak)
            peak = payload[i];
    CHECK(p->peak_payload == peak && payload[p->peak_op] == peak);
    CHECK(p->segment_count == t->segment_count);
    free(payload);
    trace_delete(t);
    trace_delete(p);
}

/* The original may be deleted first. */
static void the_copy_outlives_the_original(void)
{
    struct trace *t = load_long(), *p = trace_perturb(t, 1);
    char text[80];

    trace_delete(t);
    CHECK(trace_line(p, 100) == 101);
    CHECK(trace_text(p, 100, text, sizeof text)[0]);
    struct trace *again = trace_perturb(p, 2);
    CHECK(again->op_count == OPS);
    trace_delete(again);
    trace_delete(p);
}

static void a_trace_without_blocks(void)
{
    struct trace *t = load("20000\n0\n2\n1\nf -1\nf -1\n");
    struct trace *p = trace_perturb(t, 1);

    CHECK(same_ops(t, p));
    trace_delete(t);
    trace_delete(p);
}

static const struct test tests[] = {
    {"the-seed-decides", the_seed_decides},
    {"kinds-threads-and-alignments-stay", kinds_threads_and_alignments_stay},
    {"slots-are-renamed", slots_are_renamed},
    {"sizes-change-a-little", sizes_change_a_little},
    {"array-sizes-change-a-little", array_sizes_change_a_little},
    {"reallocs-keep-their-direction", reallocs_keep_their_direction},
    {"peaks-are-computed-anew", peaks_are_computed_anew},
    {"the-copy-outlives-the-original", the_copy_outlives_the_original},
    {"a-trace-without-blocks", a_trace_without_blocks},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
