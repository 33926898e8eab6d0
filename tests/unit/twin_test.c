/*
 * twin_test.c - a twin has other sizes, order and slots, of the same character.
 */
#include "traces.h"

static void the_seed_and_the_name_decide(void)
{
    struct trace *t = load_long();
    struct trace *one = trace_twin(t, "a"), *again = trace_twin(t, "a");
    struct trace *two = trace_twin(t, "b");

    CHECK(same_ops(one, again) && same_measures(one, again));
    CHECK(!same_ops(one, t) && !same_ops(one, two));
    t->name = "another.rep";
    struct trace *named = trace_twin(t, "a");
    CHECK(!same_ops(one, named));
    t->name = "another.repb";
    struct trace *packed = trace_twin(t, "a");
    CHECK(same_ops(named, packed));
    trace_delete(t);
    trace_delete(one);
    trace_delete(again);
    trace_delete(two);
    trace_delete(named);
    trace_delete(packed);
}

/* The same on every machine, and in later versions: a grade can be repeated. */
static void a_known_twin(void)
{
    struct trace *t = load("20000\n4\n6\n1\na 0 168\na 1 1000\na 2 100000\n"
                           "f 0\nf 1\na 3 1500\n");
    uint64_t hash = 0;

    t->name = "known.rep";
    struct trace *twin = trace_twin(t, "term 1");
    for (uint64_t i = 0; i < twin->op_count; i++)
        hash = hash * 1000003 + twin->ops[i].word + 7 * twin->ops[i].bytes;
    CHECK(hash == 52401251672863392u);
    trace_delete(t);
    trace_delete(twin);
}

static void names(void)
{
    struct trace *t = load_long(), *twin = trace_twin(t, "a");

    CHECK(twin->set == SET_SECRET && t->set == SET_PUBLIC);
    CHECK(strncmp(twin->path, t->path, strlen(t->path)) == 0);
    CHECK(strcmp(twin->path + strlen(t->path), "~secret") == 0);
    t->name = "x.y.rep.gz";
    struct trace *other = trace_twin(t, "a");
    CHECK(strcmp(other->name, "x.y~secret") == 0);
    trace_delete(t);
    trace_delete(twin);
    trace_delete(other);
}

/* ---- Blocks and order. ---- */

/* Random operations on blocks that are no small part of the peak. */
static struct trace *load_large(void)
{
    bool live[100] = {false};

    random_state = long_size = 0;
    add("2\n%d\n%d\n0\n", 100, OPS);
    for (unsigned i = 0; i < OPS; i++) {
        unsigned id = i < 100 ? i : below(100);

        live[id] = !live[id];
        if (live[id])
            add("a %u %u %u\n", id, 500 + below(1000), below(3));
        else
            add("f %u\n", id);
    }
    return load_bytes(long_text, long_size);
}

/* Neighbours of one effect are exchanged, so effects stay in their places. */
static void neighbours_are_exchanged(void)
{
    struct trace *t = load_large(), *twin = trace_twin(t, "a");
    uint64_t moved = 0, alike = 0;

    CHECK(twin->op_count == t->op_count);
    for (uint64_t i = 0; i < OPS; i++) {
        CHECK(op_effect(twin->ops[i]) == op_effect(t->ops[i]));
        moved += op_thread(twin->ops[i]) != op_thread(t->ops[i]);
        alike += i > 0 && op_effect(t->ops[i]) == op_effect(t->ops[i - 1]);
    }
    CHECK(moved > alike / 16 && moved < alike / 2);
    trace_delete(t);
    trace_delete(twin);
}

/* One in 32 is left out, one is there twice: the sum changes little. */
static void small_blocks_are_resampled(void)
{
    struct trace *t = load_long();
    int64_t sum = 0;

    for (const char *seed = "abcdefgh"; *seed; seed++) {
        struct trace *twin = trace_twin(t, seed);
        int64_t more = (int64_t)twin->op_count - (int64_t)t->op_count;

        CHECK(twin->op_count != t->op_count);
        CHECK(-OPS / 25 < more && more < OPS / 25);
        CHECK(twin->peak_payload < t->peak_payload + t->peak_payload / 8);
        CHECK(twin->peak_payload > t->peak_payload - t->peak_payload / 8);
        CHECK(twin->weight == t->weight && twin->threaded);
        sum += more;
        trace_delete(twin);
    }
    CHECK(-OPS / 10 < sum && sum < OPS / 10);
    trace_delete(t);
}

/* ---- Sizes. ---- */

enum { SIZES = 20000 };

/* Allocates all sizes in turn; a free between two keeps them in order. The
 * first is such that none is a small part of the peak. */
static struct trace *load_sizes(unsigned first, unsigned last)
{
    long_size = 0;
    add("2\n1\n%d\n0\n", 2 * (last - first + 1));
    for (unsigned size = first; size <= last; size++)
        add("a 0 %u\nf 0\n", size);
    return load_bytes(long_text, long_size);
}

enum { FIRST = SIZES / 200 };

static uint64_t size_in(const struct trace *t, uint64_t size)
{
    return op_size(t->ops[2 * (size - FIRST)]);
}

/* The largest power of two that is not above size. */
static uint64_t power_below(uint64_t size)
{
    uint64_t power = 1;

    while (2 * power <= size)
        power *= 2;
    return power;
}

static void sizes_keep_their_character(void)
{
    struct trace *t = load_sizes(FIRST, SIZES);

    for (const char *seed = "abcdefgh"; *seed; seed++) {
        struct trace *twin = trace_twin(t, seed);
        uint64_t moved = 0;

        for (uint64_t size = FIRST; size <= SIZES; size++) {
            uint64_t new = size_in(twin, size), power = power_below(size);
            uint64_t width = power / 16 > 16 ? power / 16 : 16;

            CHECK(new == size || new == size - width || new == size + width);
            CHECK(power_below(new) == power);
            CHECK(new == size || size - power >= width);
            moved += new != size;
        }
        CHECK(moved > SIZES / 2 && moved < SIZES);
        trace_delete(twin);
    }
    trace_delete(t);
}

/* Of two sizes, the larger one stays it, or they are now of one class. */
static void sizes_keep_their_order(void)
{
    struct trace *t = load_sizes(FIRST, SIZES);

    for (const char *seed = "abcdefgh"; *seed; seed++) {
        struct trace *twin = trace_twin(t, seed);

        for (uint64_t size = FIRST; size < SIZES; size++) {
            uint64_t one = size_in(twin, size), next = size_in(twin, size + 1);
            uint64_t power = power_below(size);

            CHECK(next > one || one - next < power / 16 || one - next < 16);
        }
        trace_delete(twin);
    }
    trace_delete(t);
}

static void small_sizes_stay(void)
{
    struct trace *t = load_sizes(0, 64);

    for (const char *seed = "abcdefgh"; *seed; seed++) {
        struct trace *twin = trace_twin(t, seed);
        uint64_t seen[65] = {0};

        for (uint64_t i = 0; i < twin->op_count; i++)
            seen[op_size(twin->ops[i])]++;
        for (int size = 1; size <= 64; size++)
            CHECK(seen[size] == 1);
        trace_delete(twin);
    }
    trace_delete(t);
}

static void the_largest_size(void)
{
    struct trace *t = load("20000\n1\n1\n1\na 0 140737488355327\n");

    for (const char *seed = "abcdefgh"; *seed; seed++) {
        struct trace *twin = trace_twin(t, seed);

        CHECK(op_size(twin->ops[0]) <= OP_MAX_SIZE);
        CHECK(op_size(twin->ops[0]) >= OP_MAX_SIZE / 8 * 7);
        trace_delete(twin);
    }
    trace_delete(t);
}

static void counts_and_alignments(void)
{
    struct trace *t = load("20000\n3\n5\n1\nc 0 4 300\nf 0\nm 1 64 1000 2\n"
                           "f 1\nc 2 7 100\n");

    for (const char *seed = "abcdefgh"; *seed; seed++) {
        struct trace *twin = trace_twin(t, seed);

        CHECK(twin->ops[0].arg == 4 && op_payload(twin->ops[0]) % 64 == 48);
        CHECK(op_alignment_bits(twin->ops[2]) == 6);
        CHECK(op_thread(twin->ops[2]) == 2 && op_size(twin->ops[2]) % 16 == 8);
        CHECK(op_payload(twin->ops[4]) % 32 == 700 % 32);
        trace_delete(twin);
    }
    trace_delete(t);
}

/* ---- Slots, and the rest. ---- */

static void slots_are_renamed(void)
{
    struct trace *t = load_large(), *twin = trace_twin(t, "a");
    uint64_t same = 0;

    for (uint64_t i = 0; i < OPS; i++)
        same += op_slot(t->ops[i]) == op_slot(twin->ops[i]);
    CHECK(same < OPS / 5);
    trace_delete(t);
    trace_delete(twin);
}

/* The original may be deleted first; a text names a line of the binary form. */
static void the_twin_outlives_the_trace(void)
{
    struct trace *t = load_long(), *twin = trace_twin(t, "a");
    char text[80];

    trace_delete(t);
    CHECK(trace_line(twin, 100) == 101);
    CHECK(trace_text(twin, 100, text, sizeof text)[0]);
    trace_delete(twin);
}

static void a_trace_without_blocks(void)
{
    struct trace *t = load("20000\n0\n2\n1\nf -1\nf -1\n");

    struct trace *twin = trace_twin(t, "a");

    CHECK(same_ops(t, twin));
    trace_delete(t);
    trace_delete(twin);
}

static const struct test tests[] = {
    {"the-seed-and-the-name-decide", the_seed_and_the_name_decide},
    {"a-known-twin", a_known_twin},
    {"names", names},
    {"neighbours-are-exchanged", neighbours_are_exchanged},
    {"small-blocks-are-resampled", small_blocks_are_resampled},
    {"sizes-keep-their-character", sizes_keep_their_character},
    {"sizes-keep-their-order", sizes_keep_their_order},
    {"small-sizes-stay", small_sizes_stay},
    {"the-largest-size", the_largest_size},
    {"counts-and-alignments", counts_and_alignments},
    {"slots-are-renamed", slots_are_renamed},
    {"the-twin-outlives-the-trace", the_twin_outlives_the_trace},
    {"a-trace-without-blocks", a_trace_without_blocks},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
