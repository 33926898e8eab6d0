/*
 * perturb_test.c - trace_perturb: the same trace, a little different.
 */
#include "traces.h"

static void perturbs_by_seed(void)
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

/* The same sequence of kinds, threads, alignments. */
static void perturbed_keeps_the_sequence(void)
{
    struct trace *t = load_long(), *p = trace_perturb(t, 1);

    CHECK(p->op_count == t->op_count && p->slot_count == t->slot_count);
    CHECK(p->weight == t->weight && p->threaded == t->threaded);
    CHECK(strcmp(p->name, t->name) == 0 && strcmp(p->path, t->path) == 0);
    for (uint64_t i = 0; i < OPS; i++) {
        CHECK(op_kind(p->ops[i]) == op_kind(t->ops[i]));
        CHECK(op_thread(p->ops[i]) == op_thread(t->ops[i]));
        CHECK(op_kind(p->ops[i]) != OP_ALIGNED ||
              p->ops[i].arg == t->ops[i].arg);
    }
    trace_delete(t);
    trace_delete(p);
}

/* Slot for slot the same life under another number. */
static void perturbed_renames_slots(void)
{
    struct trace *t = load_long(), *p = trace_perturb(t, 1);
    uint32_t *name = malloc((t->slot_count + 1) * sizeof *name), moved = 0;
    bool *taken = calloc(t->slot_count + 1, sizeof *taken);

    memset(name, 0xff, (t->slot_count + 1) * sizeof *name);
    for (uint64_t i = 0; i < OPS; i++) {
        uint32_t old = op_slot(t->ops[i]), new = op_slot(p->ops[i]);

        if (op_kind(t->ops[i]) == OP_FREE_NULL)
            continue;
        CHECK(new < t->slot_count);
        CHECK(name[old] == UINT32_MAX ? !taken[new] : name[old] == new);
        name[old] = new;
        taken[new] = true;
        moved += old != new;
    }
    CHECK(moved > OPS / 2);
    free(name);
    free(taken);
    trace_delete(t);
    trace_delete(p);
}

/* Within 4 per cent, but that a few bytes move by one at least. */
static bool is_near(uint64_t size, uint64_t original, uint64_t least)
{
    uint64_t by = size > original ? size - original : original - size;

    return by <= original / 25 + least;
}

static void perturbed_sizes_are_near(void)
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

/* An array of many small items stays about as large as it is. */
static void perturbed_arrays_are_near(void)
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

/* What grows does not shrink, what shrinks does not grow. */
static void perturbed_keeps_growing(void)
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

static void perturbed_peaks_are_its_own(void)
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

/* The original may go, the copy stays. */
static void perturbed_stands_alone(void)
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

static void perturbed_without_blocks(void)
{
    struct trace *t = load("20000\n0\n2\n1\nf -1\nf -1\n");
    struct trace *p = trace_perturb(t, 1);

    CHECK(same_ops(t, p));
    trace_delete(t);
    trace_delete(p);
}

static const struct test tests[] = {
    {"perturbs-by-seed", perturbs_by_seed},
    {"perturbed-keeps-the-sequence", perturbed_keeps_the_sequence},
    {"perturbed-renames-slots", perturbed_renames_slots},
    {"perturbed-sizes-are-near", perturbed_sizes_are_near},
    {"perturbed-arrays-are-near", perturbed_arrays_are_near},
    {"perturbed-keeps-growing", perturbed_keeps_growing},
    {"perturbed-peaks-are-its-own", perturbed_peaks_are_its_own},
    {"perturbed-stands-alone", perturbed_stands_alone},
    {"perturbed-without-blocks", perturbed_without_blocks},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
