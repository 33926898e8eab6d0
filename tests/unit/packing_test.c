/*
 * packing_test.c - rectangles of a trace, and every way to pack them: each
 * packing is valid, small inputs are packed optimally.
 */
#include "traces.h"

#include "bounds/best_fit.h"
#include "bounds/first_fit.h"
#include "bounds/best_fit_two_way.h"
#include "bounds/packing.h"
#include "bounds/skyline.h"

enum { ALIGN = 16, MAX_TEXT = 4096 };

/* ---- Rectangles. ---- */

static struct rectangles *rectangles_from_text(const char *operations,
                                               unsigned ids, unsigned ops)
{
    char text[4096];

    snprintf(text, sizeof text, "1\n%u\n%u\n1\n%s", ids, ops, operations);
    struct trace *t = load(text);
    struct rectangles *r = rectangles_from(t, ALIGN);
    trace_delete(t);
    return r;
}

static bool is(const struct rectangles *r, uint32_t i, uint64_t size,
               uint32_t begin, uint32_t end)
{
    const struct rectangle *x = &r->item[i];

    return i < r->count && x->size == size && x->begin == begin &&
           x->end == end;
}

static void moments_are_runs_of_births_and_deaths(void)
{
    struct rectangles *r =
        rectangles_from_text("a 0 1\na 1 16\nf 0\na 2 17\nf 1\nf 2\n"
                             "a 3 32\na 4 8\n",
                             5, 8);

    CHECK(r->count == 5 && r->moments == 3);
    CHECK(is(r, 0, 16, 0, 1) && is(r, 1, 16, 0, 2) && is(r, 2, 32, 1, 2));
    CHECK(is(r, 3, 32, 2, 3) && is(r, 4, 16, 2, 3));
    CHECK(r->load == 48 && r->peak_moment == 1);
    CHECK(r->item[2].op == 3 && r->item[4].op == 7);
    rectangles_delete(r);
}

static void realloc_begins_another_rectangle(void)
{
    struct rectangles *r =
        rectangles_from_text("a 0 16\nr 0 160\nr 0 48\nr 0 0\n", 1, 4);

    CHECK(r->count == 3 && r->load == 160);
    CHECK(is(r, 0, 16, 0, 1) && is(r, 1, 160, 1, 2) && is(r, 2, 48, 2, 3));
    rectangles_delete(r);
}

static void zero_bytes_make_no_rectangle(void)
{
    struct rectangles *r = rectangles_from_text(
        "a 0 0\nc 1 5 0\nf -1\na 2 1\nf 0\nf 1\nf 2\n", 3, 7);

    CHECK(r->count == 1 && r->load == 16 && is(r, 0, 16, 0, 1));
    rectangles_delete(r);
}

static void alignments_are_kept(void)
{
    struct rectangles *r =
        rectangles_from_text("m 0 64 10\nm 1 8 10\na 2 10\n", 3, 3);

    CHECK(r->item[0].log2 == 6 && r->item[1].log2 == 4 && r->item[2].log2 == 4);
    CHECK(r->alignments == (64 | 16));
    CHECK(rectangle_align_up(&r->item[0], 65) == 128);
    rectangles_delete(r);
}

static void load_is_the_aligned_peak(void)
{
    struct trace *t = load_long();

    for (unsigned align = 8; align <= 16; align += 8) {
        struct rectangles *r = rectangles_from(t, align);

        CHECK(r->load == trace_aligned_peak(t, align));
        CHECK(!r->too_large && r->count > 1000);
        rectangles_delete(r);
    }
    trace_delete(t);
}

static void too_many_bytes_are_too_large(void)
{
    static char text[MAX_TEXT * 32];
    size_t size = (size_t)sprintf(text, "1\n%u\n%u\n1\n", 40000u, 40000u);
    struct trace *t;

    CHECK(40000 * 22 < ROOM);
    char *all = malloc(ROOM);
    memcpy(all, text, size);
    for (unsigned i = 0; i < 40000; i++)
        size += (size_t)sprintf(all + size, "a %u %llu\n", i, (1ull << 47) - 1);
    t = load_bytes(all, size);
    struct rectangles *r = rectangles_from(t, ALIGN);
    CHECK(r->too_large);
    rectangles_delete(r);
    trace_delete(t);
    free(all);
}

/* ---- The check, against wrong packings of each kind. ---- */

/* Two that live together, and an aligned one after the first is freed. */
static struct rectangles *three_rectangles(void)
{
    return rectangles_from_text("a 0 32\na 1 64\nf 0\nm 2 64 48\n", 3, 4);
}

static enum packing_fault fault(uint64_t a, uint64_t b, uint64_t c,
                                uint64_t height)
{
    uint64_t at[3] = {a, b, c};
    struct packing p = {height, at};
    struct rectangles *r = three_rectangles();
    enum packing_fault found_height = packing_check(r, &p);

    rectangles_delete(r);
    return found_height;
}

static void valid_packings(void)
{
    CHECK(fault(0, 32, 128, 176) == PACKING_VALID);
    CHECK(fault(64, 0, 64, 112) == PACKING_VALID);
    CHECK(fault(64, 0, 128, 176) == PACKING_VALID);
    CHECK(fault(0, 64, 0, 128) == PACKING_VALID);
}

static void overlapping_packings(void)
{
    CHECK(fault(0, 16, 128, 176) == PACKING_OVERLAPS);    /* by a granule */
    CHECK(fault(48, 0, 128, 176) == PACKING_OVERLAPS);    /* a above b */
    CHECK(fault(0, 0, 128, 176) == PACKING_OVERLAPS);     /* one address */
    CHECK(fault(16, 0, 128, 176) == PACKING_OVERLAPS);    /* a within b */
    CHECK(fault(160, 112, 128, 192) == PACKING_OVERLAPS); /* b and c */
    CHECK(fault(64, 0, 0, 96) == PACKING_OVERLAPS);
}

static void misaligned_packings(void)
{
    CHECK(fault(8, 64, 128, 176) == PACKING_MISALIGNED);
    CHECK(fault(0, 32, 96, 144) == PACKING_MISALIGNED);
    CHECK(fault(0, 72, 192, 240) == PACKING_MISALIGNED);
}

static void wrong_heights(void)
{
    CHECK(fault(0, 32, 128, 175) == PACKING_TOO_HIGH);
    CHECK(fault(0, 32, 128, 96) == PACKING_TOO_HIGH);
    CHECK(fault(0, 32, 128, 0) == PACKING_TOO_HIGH);
    CHECK(fault(0, 32, 128, 192) == PACKING_TOO_LOW);
}

/* The long one spans all moments: this uses the inner nodes of the tree. */
static void a_long_block_overlaps_short_ones(void)
{
    struct rectangles *r = rectangles_from_text(
        "a 0 16\na 1 16\nf 1\na 2 16\nf 2\na 3 16\nf 3\na 4 16\n"
        "f 4\na 5 16\n",
        6, 10);
    uint64_t at[6] = {16, 0, 0, 0, 0, 0};
    struct packing p = {32, at};

    CHECK(r->moments == 5 && packing_check(r, &p) == PACKING_VALID);
    for (int i = 1; i < 6; i++) {
        at[i] = 16;
        CHECK(packing_check(r, &p) == PACKING_OVERLAPS);
        at[i] = 0;
    }
    rectangles_delete(r);
}

/* ---- The heuristics, one by one. ---- */

static uint64_t height_of(const struct rectangles *r, const uint64_t *at)
{
    uint64_t height = 0;

    for (uint32_t i = 0; i < r->count; i++)
        if (at[i] + r->item[i].size > height)
            height = at[i] + r->item[i].size;
    return height;
}

static bool is_valid(const struct rectangles *r, uint64_t *at)
{
    struct packing p = {height_of(r, at), at};

    return p.height >= r->load && packing_check(r, &p) == PACKING_VALID;
}

static uint64_t *addresses(const struct rectangles *r)
{
    return calloc((size_t)r->count + 1, sizeof(uint64_t));
}

static void two_way_packings_are_valid(void)
{
    struct trace *t = load_long();
    struct rectangles *r = rectangles_from(t, ALIGN);
    uint64_t *at = addresses(r);
    uint32_t from[] = {0, r->peak_moment, r->moments / 2, r->moments - 1,
                       AFTER_ALL_MOMENTS};

    for (size_t i = 0; i < sizeof from / sizeof *from; i++)
        for (enum stack_order s = 0; s < STACK_ORDERS; s++) {
            memset(at, 0xff, r->count * sizeof *at);
            best_fit_two_way(r, from[i], s, at);
            CHECK(is_valid(r, at));
        }
    free(at);
    rectangles_delete(r);
    trace_delete(t);
}

static void stack_orders(void)
{
    /* Live at moment 2: rectangle 0 (oldest), 2 (longest), 4 (ends last). */
    struct rectangles *r = rectangles_from_text(
        "a 0 16\na 3 16\nf 3\na 2 32\na 4 16\nf 4\na 1 48\nf 0\n"
        "a 5 16\nf 5\nf 2\na 6 16\nf 6\n",
        7, 13);
    uint64_t at[7];

    best_fit_two_way(r, 2, STACK_BY_BIRTH, at);
    CHECK(at[0] == 0 && at[2] == 16 && at[4] == 48);
    best_fit_two_way(r, 2, STACK_BY_DEATH, at);
    CHECK(at[4] == 0 && at[2] == 48 && at[0] == 80);
    best_fit_two_way(r, 2, STACK_BY_LIFETIME, at);
    CHECK(at[0] == 0 || at[2] == 0);
    CHECK(r->item[2].end - r->item[2].begin == 3 && is_valid(r, at));
    rectangles_delete(r);
}

static void skylines_are_valid(void)
{
    struct trace *t = load_long();
    struct rectangles *r = rectangles_from(t, ALIGN);
    struct skyline *s = skyline_new(r);
    uint64_t *at = addresses(r);
    double *weight = malloc(r->count * sizeof *weight);
    const double flush[] = {1, 1.5, 10};

    for (int i = 0; i < 6; i++) {
        for (uint32_t k = 0; k < r->count; k++)
            weight[k] = i < 3 ? 1 + below(1000) : (double)r->item[k].size;
        memset(at, 0xff, r->count * sizeof *at);
        skyline_place(s, weight, flush[i % 3], at);
        CHECK(is_valid(r, at));
    }
    skyline_delete(s);
    free(weight);
    free(at);
    rectangles_delete(r);
    trace_delete(t);
}

/* The heaviest goes first, unless flush makes a lighter one count more. */
static void skylines_prefer_weight_and_flushness(void)
{
    struct rectangles *r =
        rectangles_from_text("a 0 16\na 1 32\nf 0\na 2 48\n", 3, 4);
    struct skyline *s = skyline_new(r);
    double weight[] = {1, 2, 3};
    uint64_t at[3];

    skyline_place(s, weight, 1, at); /* 2 and 0 below, 1 above */
    CHECK(at[2] == 0 && at[0] == 0 && at[1] == 48);
    skyline_place(s, weight, 2, at); /* 1 counts 2 * 2 * 2 */
    CHECK(at[1] == 0 && at[0] == 32 && at[2] == 32);
    skyline_delete(s);
    rectangles_delete(r);
}

static void first_fit_fills_gaps(void)
{
    struct rectangles *r = rectangles_from_text(
        "a 0 16\na 1 32\na 2 16\nf 1\na 3 16\nm 4 64 16\n", 5, 6);
    const uint32_t order[] = {0, 1, 2, 3, 4};
    const uint32_t other[] = {4, 3, 2, 1, 0};
    uint64_t at[5];

    first_fit_place(r, order, at);
    CHECK(at[0] == 0 && at[1] == 16 && at[2] == 48 && at[3] == 16);
    CHECK(at[4] == 64 && is_valid(r, at));
    first_fit_place(r, other, at);
    CHECK(at[4] == 0 && at[3] == 16 && at[2] == 32 && at[1] == 0);
    CHECK(at[0] == 48 && is_valid(r, at));
    rectangles_delete(r);
}

/* ---- Small inputs, against the optimum by brute force. ---- */

struct small_input {
    struct rectangles r;
    struct rectangle item[8];
};

/* Five moments, six sizes, and a larger alignment for a third of them. */
static void make_small_input(struct small_input *s, uint32_t count)
{
    uint64_t load[5] = {0};

    *s = (struct small_input){
        .r = {.count = count, .moments = 5, .alignments = 16}};
    s->r.item = s->item;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t begin = i * 4 / count, end = begin + 1 + below(5 - begin);
        unsigned log2 = below(3) ? 4 : 6;

        s->item[i] =
            (struct rectangle){16ull * (1 + below(6)), i, begin, end, log2};
        s->r.alignments |= 1ull << log2;
        for (uint32_t moment = begin; moment < end; moment++)
            load[moment] += s->item[i].size;
    }
    for (uint32_t moment = 0; moment < 5; moment++)
        if (load[moment] > s->r.load) {
            s->r.load = load[moment];
            s->r.peak_moment = moment;
        }
}

/* The lowest height of first fit in any order: the optimum (first_fit.h). */
static uint64_t optimum_of(const struct rectangles *r, uint32_t *order,
                           uint32_t k)
{
    uint64_t at[8], best = UINT64_MAX;

    if (k == r->count) {
        first_fit_place(r, order, at);
        return height_of(r, at);
    }
    for (uint32_t i = k; i < r->count; i++) {
        uint32_t chosen = order[i];

        order[i] = order[k];
        order[k] = chosen;
        uint64_t height = optimum_of(r, order, k + 1);
        order[k] = order[i];
        order[i] = chosen;
        best = height < best ? height : best;
    }
    return best;
}

/* packing_find gets a first-fit packing as on_line: any valid one will do. */
static uint64_t found_height(const struct rectangles *r)
{
    uint32_t order[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    uint64_t at[8];
    struct packing p;

    first_fit_place(r, order, at);
    CHECK(packing_find(r, at, NULL, &p));
    CHECK(packing_check(r, &p) == PACKING_VALID);
    CHECK(p.height <= height_of(r, at));
    free(p.at);
    return p.height;
}

static void small_inputs_against_the_optimum(void)
{
    unsigned optimal = 0, above_load = 0;

    random_state = 1;
    for (int i = 0; i < 150; i++) {
        uint32_t order[8] = {0, 1, 2, 3, 4, 5, 6, 7};
        struct small_input s;

        make_small_input(&s, 4 + below(3));
        uint64_t optimum = optimum_of(&s.r, order, 0),
                 height = found_height(&s.r);
        CHECK(height >= optimum && optimum >= s.r.load);
        optimal += height == optimum;
        above_load += optimum > s.r.load;
    }
    printf("# %u of 150 optimal, %u of them above the load\n", optimal,
           above_load);
    CHECK(optimal >= 147 && above_load > 10);
}

/* ---- Tilings: their load is the optimum by construction. ---- */

struct tiling {
    struct rectangles r;
    struct rectangle item[64];
};

static void tile(struct tiling *t, uint32_t begin, uint32_t end, uint64_t size,
                 unsigned pieces)
{
    bool by_time = end - begin > 1 && (size < 32 || below(2));

    if (pieces == 1 || (!by_time && size < 32)) {
        t->item[t->r.count++] = (struct rectangle){size, 0, begin, end, 4};
        return;
    }
    unsigned first = 1 + below(pieces - 1);
    if (by_time) {
        uint32_t middle = begin + 1 + below(end - begin - 1);
        tile(t, begin, middle, size, first);
        tile(t, middle, end, size, pieces - first);
    } else {
        uint64_t lower = 16 * (1 + below((unsigned)(size / 16 - 1)));
        tile(t, begin, end, lower, first);
        tile(t, begin, end, size - lower, pieces - first);
    }
}

static int by_begin(const void *a, const void *b)
{
    const struct rectangle *x = a, *y = b;

    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return (x->size > y->size) - (x->size < y->size);
}

static bool tiling_found(unsigned pieces)
{
    struct tiling t = {.r = {.moments = 16, .load = 1024, .alignments = 16}};
    uint32_t order[64];
    uint64_t at[64];
    struct packing p;

    t.r.item = t.item;
    tile(&t, 0, 16, 1024, pieces);
    qsort(t.item, t.r.count, sizeof *t.item, by_begin);
    for (uint32_t i = 0; i < t.r.count; i++)
        order[i] = i;
    first_fit_place(&t.r, order, at);
    CHECK(packing_find(&t.r, at, NULL, &p) && p.height >= 1024);
    free(p.at);
    return p.height == 1024;
}

static void tilings_reach_their_load(void)
{
    unsigned optimal = 0;

    random_state = 2;
    for (int i = 0; i < 40; i++)
        optimal += tiling_found(12);
    printf("# %u of 40 tilings of 12\n", optimal);
    CHECK(optimal >= 36);
}

/* ---- The portfolio as a whole. ---- */

static uint64_t *best_fit_of(const struct trace *t, const struct rectangles *r,
                             uint64_t *height)
{
    uint64_t *by_op = malloc((t->op_count + 1) * sizeof *by_op);
    uint64_t *at = addresses(r);

    *height = best_fit_place(t, ALIGN, by_op);
    for (uint32_t i = 0; i < r->count; i++)
        at[i] = by_op[r->item[i].op];
    free(by_op);
    return at;
}

static void best_fit_is_a_packing(void)
{
    struct trace *t = load_long();
    struct rectangles *r = rectangles_from(t, ALIGN);
    uint64_t height, *at = best_fit_of(t, r, &height);

    CHECK(is_valid(r, at) && height_of(r, at) <= height);
    free(at);
    rectangles_delete(r);
    trace_delete(t);
}

static void packing_is_deterministic(void)
{
    struct trace *t = load_long();
    t->op_count = 1500;
    struct rectangles *r = rectangles_from(t, ALIGN);
    uint64_t height, *at = best_fit_of(t, r, &height);
    struct packing a, b;

    CHECK(packing_find(r, at, NULL, &a) && packing_find(r, at, NULL, &b));
    CHECK(a.height == b.height && a.height <= height);
    CHECK(memcmp(a.at, b.at, r->count * sizeof *a.at) == 0);
    CHECK(packing_check(r, &a) == PACKING_VALID);
    free(a.at);
    free(b.at);
    free(at);
    rectangles_delete(r);
    trace_delete(t);
}

static bool count_down(void *context, const char *step)
{
    int *left = context;

    CHECK(step != NULL);
    return --*left >= 0;
}

static void stops_when_go_on_says_false(void)
{
    struct trace *t = load_long();
    t->op_count = 3000;
    struct rectangles *r = rectangles_from(t, ALIGN);
    uint64_t height, *at = best_fit_of(t, r, &height);

    for (int calls = 0; calls < 40; calls += 3) {
        int left = calls;
        struct packing_progress watch = {count_down, &left};
        struct packing p;

        CHECK(!packing_find(r, at, &watch, &p));
        CHECK(left == -1);
    }
    free(at);
    rectangles_delete(r);
    trace_delete(t);
}

/* The on-line packing reaches the load, so no step follows. */
static void stops_at_the_load(void)
{
    struct rectangles *r =
        rectangles_from_text("a 0 16\na 1 16\nf 0\na 2 16\n", 3, 4);
    uint64_t at[3] = {0, 16, 0};
    int left = 0;
    struct packing_progress watch = {count_down, &left};
    struct packing p;

    CHECK(packing_find(r, at, &watch, &p) && p.height == 32 && left == 0);
    CHECK(p.at[0] == 0 && p.at[1] == 16 && p.at[2] == 0);
    free(p.at);
    rectangles_delete(r);
}

static void no_rectangles(void)
{
    struct rectangles *r = rectangles_from_text("f -1\n", 0, 1);
    uint64_t at[1] = {0};
    struct packing p;

    CHECK(r->count == 0 && r->load == 0);
    CHECK(packing_find(r, at, NULL, &p) && p.height == 0);
    CHECK(packing_check(r, &p) == PACKING_VALID);
    free(p.at);
    rectangles_delete(r);
}

static const struct test tests[] = {
    {"moments-are-runs-of-births-and-deaths",
     moments_are_runs_of_births_and_deaths},
    {"realloc-begins-another-rectangle", realloc_begins_another_rectangle},
    {"zero-bytes-make-no-rectangle", zero_bytes_make_no_rectangle},
    {"alignments-are-kept", alignments_are_kept},
    {"load-is-the-aligned-peak", load_is_the_aligned_peak},
    {"too-many-bytes-are-too-large", too_many_bytes_are_too_large},
    {"valid-packings", valid_packings},
    {"overlapping-packings", overlapping_packings},
    {"misaligned-packings", misaligned_packings},
    {"wrong-heights", wrong_heights},
    {"a-long-block-overlaps-short-ones", a_long_block_overlaps_short_ones},
    {"two-way-packings-are-valid", two_way_packings_are_valid},
    {"stack-orders", stack_orders},
    {"skylines-are-valid", skylines_are_valid},
    {"skylines-prefer-weight-and-flushness",
     skylines_prefer_weight_and_flushness},
    {"first-fit-fills-gaps", first_fit_fills_gaps},
    {"small-inputs-against-the-optimum", small_inputs_against_the_optimum},
    {"tilings-reach-their-load", tilings_reach_their_load},
    {"best-fit-is-a-packing", best_fit_is_a_packing},
    {"packing-is-deterministic", packing_is_deterministic},
    {"stops-when-go-on-says-false", stops_when_go_on_says_false},
    {"stops-at-the-load", stops_at_the_load},
    {"no-rectangles", no_rectangles},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
