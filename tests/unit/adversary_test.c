/*
 * adversary_test.c - adversaries against allocators whose worst cases are
 * known.
 *
 * The allocators here are a list of live intervals by address, without headers,
 * from BASE on: first fit, best fit, and one that never reuses memory. Each
 * checks its requests.
 */
#define _GNU_SOURCE
#include "../check.h"

#include "adversary/adversary.h"

#include <math.h>
#include <sys/mman.h>

enum { UNIT = 16, MAX_BLOCKS = 40000 };

static const uint64_t BASE = (uint64_t)1 << 32;

enum policy { FIRST_FIT, BEST_FIT, NO_REUSE };

struct interval {
    uint64_t start, end;
};

static struct heap {
    enum policy policy;
    struct interval live[MAX_BLOCKS]; /* by address */
    size_t count;
    uint64_t highest_end; /* that any block had: the footprint */
    uint64_t payload;     /* live now */
    uint64_t peak;        /* the most that was live */
    uint64_t largest;     /* request */
    uint64_t submissions, end_at;
} heap;

static struct requests requests;

/* ---- The allocators. ---- */

/* The index in live that a block of that size gets, and its start. */
static size_t find_place(uint64_t size, uint64_t *start)
{
    uint64_t at = 0, least = UINT64_MAX;
    size_t found = heap.count;

    *start = heap.count ? heap.live[heap.count - 1].end : 0;
    if (heap.policy == NO_REUSE)
        *start = heap.highest_end;
    for (size_t i = 0; i < heap.count && heap.policy != NO_REUSE; i++) {
        uint64_t hole = heap.live[i].start - at;

        if (hole >= size && hole < least) {
            found = i;
            *start = at;
            least = heap.policy == FIRST_FIT ? 0 : hole;
        }
        at = heap.live[i].end;
    }
    return found;
}

static uint64_t allocate(uint64_t size)
{
    uint64_t start;
    size_t i = find_place(size, &start);

    CHECK(heap.count < MAX_BLOCKS);
    memmove(heap.live + i + 1, heap.live + i,
            (heap.count++ - i) * sizeof *heap.live);
    heap.live[i] = (struct interval){start, start + size};
    heap.payload += size;
    heap.peak = heap.payload > heap.peak ? heap.payload : heap.peak;
    heap.highest_end =
        start + size > heap.highest_end ? start + size : heap.highest_end;
    heap.largest = size > heap.largest ? size : heap.largest;
    return BASE + start;
}

static void release(uint64_t address)
{
    size_t low = 0, high = heap.count;

    while (high - low > 1) {
        size_t middle = (low + high) / 2;

        *(heap.live[middle].start <= address - BASE ? &low : &high) = middle;
    }
    CHECK(heap.count > 0 && heap.live[low].start == address - BASE);
    heap.payload -= heap.live[low].end - heap.live[low].start;
    memmove(heap.live + low, heap.live + low + 1,
            (--heap.count - low) * sizeof *heap.live);
}

/*
 * Addresses by slot, as the trace has the slots: a slot of requests.blocks may
 * already stand for a newer block.
 */
static uint64_t address_of[MAX_BLOCKS * 2];

static bool carry_out(struct requests *r, void *context)
{
    CHECK(context == &heap);
    for (uint64_t i = r->submitted; i < r->trace->op_count; i++) {
        struct op op = r->trace->ops[i];

        if (op_begins(op))
            address_of[op_slot(op)] = allocate(op_size(op));
        else
            release(address_of[op_slot(op)]);
    }
    for (uint32_t slot = 0; slot < r->slot_count; slot++)
        if (r->blocks[slot].live)
            r->blocks[slot].address = address_of[slot];
    return ++heap.submissions != heap.end_at;
}

/* Footprint / M of the adversary against the policy. */
static double run_adversary(const struct adversary *a, enum policy policy,
                            uint64_t n, uint64_t budget, uint64_t end_at)
{
    memset(&heap, 0, sizeof heap);
    heap.policy = policy;
    heap.end_at = end_at;
    requests = (struct requests){.unit = UNIT,
                                 .max_units = n,
                                 .budget = budget,
                                 .random = 1,
                                 .carry_out = carry_out,
                                 .context = &heap};
    requests_begin(&requests, "made.rep");
    a->run(&requests);
    return (double)heap.highest_end / (double)(budget * UNIT);
}

static void delete_run(void)
{
    trace_delete(requests.trace);
    requests_end(&requests);
}

static double ratio(const struct adversary *a, enum policy policy, uint64_t n,
                    uint64_t budget)
{
    double r = run_adversary(a, policy, n, budget, 0);

    CHECK(heap.peak <= budget * UNIT);
    CHECK(heap.largest <= n * UNIT);
    delete_run();
    return r;
}

static bool near(double a, double b)
{
    return fabs(a - b) < 1e-9;
}

/* ---- Tests. ---- */

static void robson_bound_is_the_formula(void)
{
    CHECK(near(robson_bound(16, 16384), 3 - 15 / 16384.0));
    CHECK(near(robson_bound(1024, 16384), 6 - 1023 / 16384.0));
    CHECK(near(robson_bound(100, 4096), robson_bound(64, 4096)));
    CHECK(near(robson_bound(2, 2), 1));
}

/* First and best fit without headers need exactly Robson's bound. */
static void robson_reaches_its_bound(void)
{
    for (uint64_t n = 2; n <= 256; n *= 2) {
        CHECK(near(ratio(&adversary_robson, FIRST_FIT, n, 4096),
                   robson_bound(n, 4096)));
        CHECK(near(ratio(&adversary_robson, BEST_FIT, n, 4096),
                   robson_bound(n, 4096)));
    }
}

/* Without reuse the footprint is all that was requested: M, and each stage. */
static void robson_against_no_reuse(void)
{
    double r = ratio(&adversary_robson, NO_REUSE, 64, 4096);

    CHECK(r > robson_bound(64, 4096) - 0.1 && r < 4.1);
}

static void best_fit_wastes_most_against_best_fit(void)
{
    for (uint64_t n = 16; n <= 64; n *= 2) {
        double e = ratio(&adversary_best_fit, BEST_FIT, n, 2048);

        CHECK(e > (double)n / 2.72);
        CHECK(e > 2 * robson_bound(n, 2048));
        CHECK(ratio(&adversary_best_fit, FIRST_FIT, n, 2048) < 2.5);
    }
}

static void comb_and_sawtooth_need_no_reuse(void)
{
    CHECK(ratio(&adversary_comb, FIRST_FIT, 16, 4096) > 1.7);
    CHECK(ratio(&adversary_comb, NO_REUSE, 16, 4096) > 8);
    CHECK(ratio(&adversary_sawtooth, FIRST_FIT, 16, 4096) < 1.1);
    CHECK(ratio(&adversary_sawtooth, NO_REUSE, 16, 4096) > 10);
}

static void greedy_wastes_much(void)
{
    CHECK(ratio(&adversary_greedy, FIRST_FIT, 64, 4096) > 4);
    CHECK(ratio(&adversary_greedy, BEST_FIT, 64, 4096) > 4);
}

/* carry_out returns false once: no request follows. */
static void adversaries_stop_when_the_run_ends(void)
{
    for (int i = 0; adversaries[i]; i++) {
        run_adversary(adversaries[i], FIRST_FIT, 16, 512, 1);
        CHECK(heap.submissions == 1);
        delete_run();
    }
}

/* The trace, written and read back, has the operations that were requested. */
static void the_trace_is_what_was_requested(void)
{
    char path[64];
    int fd = memfd_create("record", 0);

    for (int i = 0; adversaries[i]; i++) {
        CHECK(ftruncate(fd, 0) == 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        run_adversary(adversaries[i], BEST_FIT, 16, 512, 0);
        trace_close(requests.trace);
        trace_write(requests.trace, path);
        struct trace *t = trace_load(path);

        CHECK(t->op_count == requests.trace->op_count);
        CHECK(t->id_count == requests.trace->id_count);
        CHECK(t->peak_payload == heap.peak);
        CHECK(t->peak_payload == requests.trace->peak_payload);
        for (uint64_t op = 0; op < t->op_count; op += 97) {
            char a[64], b[64];

            CHECK(strcmp(trace_text(t, op, a, sizeof a),
                         trace_text(requests.trace, op, b, sizeof b)) == 0);
            CHECK(trace_line(t, op) == trace_line(requests.trace, op));
        }
        trace_delete(t);
        delete_run();
    }
    close(fd);
}

static void reads_parameters(void)
{
    struct adversary_setup c =
        adversary_setup_read("robson:M=1M,n=4+64,unit=256,seed=7");
    char text[128];

    CHECK(c.adversary == &adversary_robson);
    CHECK(c.budget == 4096 && c.unit == 256 && c.seed == 7);
    CHECK(c.n_count == 2 && c.n[0] == 4 && c.n[1] == 64);
    adversary_setup_text(&c, 1, text, sizeof text);
    CHECK(strcmp(text, "robson:n=64,M=4096,unit=256,seed=7") == 0);
    CHECK(adversary_setup_read(text).n[0] == 64);
    CHECK(adversary_setup_read("comb").n_count == 3);
}

static const struct test tests[] = {
    {"robson-bound-is-the-formula", robson_bound_is_the_formula},
    {"robson-reaches-its-bound", robson_reaches_its_bound},
    {"robson-against-no-reuse", robson_against_no_reuse},
    {"best-fit-wastes-most-against-best-fit",
     best_fit_wastes_most_against_best_fit},
    {"comb-and-sawtooth-need-no-reuse", comb_and_sawtooth_need_no_reuse},
    {"greedy-wastes-much", greedy_wastes_much},
    {"adversaries-stop-when-the-run-ends", adversaries_stop_when_the_run_ends},
    {"the-trace-is-what-was-requested", the_trace_is_what_was_requested},
    {"reads-parameters", reads_parameters},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
