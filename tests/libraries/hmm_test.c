/*
 * hmm_test.c - the malloc of this program is hmm, and keeps hmm.h's promises.
 *
 * All of the process allocates from it, stdio and this frame included.
 */
#define _GNU_SOURCE
#include "../libc_own.h"
#include "break.h"

#include "hmm.h"

enum { WORD = sizeof(size_t) };

/* After all was freed the break has come down again. */
static bool break_came_down(void)
{
    return brk_now() - lo < HMM_TRIM + HMM_STEP;
}

const volatile struct subject subject = {
    .allocate = malloc,
    .allocate_zeroed = calloc,
    .resize = realloc,
    .release = free,
    .usable = malloc_usable_size,
    .allocate_aligned = memalign,
    .header = WORD,
    .min_block = 4 * WORD,
    .largest = MIB,
    .heap_most = SIZE_MAX,
    .use_up = use_up,
    .is_whole = break_came_down,
};

/* The others, of which no compiler leaves out a call, either. */
static void *(*volatile resize_array)(void *, size_t, size_t) = reallocarray;
static void *(*volatile aligned)(size_t, size_t) = memalign;
static void *(*volatile aligned_too)(size_t, size_t) = aligned_alloc;
static int (*volatile aligned_posix)(void **, size_t, size_t) = posix_memalign;
static void *(*volatile paged)(size_t) = valloc;
static void *(*volatile pages)(size_t) = pvalloc;

static size_t usable(void *p)
{
    return subject.usable(p);
}

/* ---- Whose malloc it is. ---- */

static void *early, *early_calloc;

__attribute__((constructor)) static void allocate_before_main(void)
{
    early = allocate(30);
    early = early ? resize(early, 3000) : NULL;
    if (early)
        fill(early, 3000, 1);
    early_calloc = allocate_zeroed(10, 10);
    release(allocate(100000));
}

static void works_before_main(void)
{
    CHECK(early && filled(early, 3000, 1));
    CHECK(early_calloc && all_are(early_calloc, 100, 0));
    CHECK((char *)early < brk_now());
}

static bool exit_handler_ran;

static void allocate_at_exit(void)
{
    unsigned char *p = allocate(5000);

    fill(p, 5000, 1);
    p = resize(p, 2 * MIB);
    exit_handler_ran = p && filled(p, 5000, 1);
    release(p);
}

/* Runs after the exit handlers, and makes of a failure a test's. */
__attribute__((destructor)) static void look_after_exit(void)
{
    if (exit_handler_ran) {
        unsigned char *p = allocate(100);

        fill(p, 100, 2);
        release(p);
        _exit(filled(early, 3000, 1) ? 0 : 1);
    }
}

static void works_in_exit_handlers(void)
{
    pid_t child = fork();

    if (child == 0) {
        atexit(allocate_at_exit);
        exit(3); /* the destructor says 0 instead */
    }
    wait_for_success(child);
}

/* Large blocks too: the break moves for them, and nothing is mapped. */
static void all_lies_below_the_break(void)
{
    char *brk = brk_now(), *p = allocate(8 * MIB);

    CHECK(p && p + 8 * MIB <= brk_now() && p + 8 * MIB > brk);
    memset(p, 1, 8 * MIB);
}

static void the_c_library_uses_it(void)
{
    char *line = NULL, *text = NULL;
    size_t size = 0;
    FILE *file = tmpfile();

    CHECK(file && fprintf(file, "%01000d\n", 7) == 1001);
    rewind(file);
    CHECK(getline(&line, &size, file) == 1001 && size > 1001);
    CHECK(usable(line) >= size && line < brk_now());
    CHECK(asprintf(&text, "%s!", line) == 1002);
    CHECK(strcmp(text + 999, "7\n!") == 0);
    fclose(file);
    release(line);
    text = resize(text, 5);
    char *copy = strdup("copied");
    CHECK(strcmp(copy, "copied") == 0 && usable(copy) >= 7);
    release(text);
    release(copy);
}

/* ---- Blocks. ---- */

static void usable_sizes_are_whole_words(void)
{
    for (size_t size = 0; size < 2000; size++)
        CHECK(usable(fresh(size, 1)) % WORD == 0);
}

static void reallocarray_multiplies(void)
{
    size_t root = (size_t)1 << (sizeof(size_t) * 4);
    unsigned char *p = fresh(100, 3);

    CHECK(no_memory(resize_array(p, root, root)));
    CHECK(no_memory(resize_array(p, SIZE_MAX / 2 + 2, 2)));
    CHECK(no_memory(resize_array(NULL, SIZE_MAX / 16 + 2, 16)));
    CHECK(filled(p, 100, 3));
    p = resize_array(p, 50, 40);
    CHECK(filled(p, 100, 3) && usable(p) >= 2000);
    CHECK(usable(resize_array(NULL, 5, 10)) >= 50);
    errno = NEVER;
    CHECK(null_without_error(resize_array(p, 0, 40)));
}

/* ---- Which block it is. ---- */

static void freed_blocks_are_used_again(void)
{
    unsigned char *p[4];

    lay_row(p, 4, payload(4000));
    release(p[1]);
    CHECK(allocate(payload(4000)) == p[1]);
    CHECK(allocate(payload(4000)) > (void *)p[2]);
    release(p[0]);
    release(p[2]);
    CHECK(allocate(payload(4000)) == p[0]); /* it is free for longer */
    CHECK(allocate(payload(4000)) == p[2]);
    CHECK(allocate(payload(4000)) > (void *)p[2]);
}

/* A search that found nothing does not hide what is freed after it. */
static void a_search_in_vain_is_forgotten(void)
{
    unsigned char *p[4], *q[4];

    lay_row(p, 4, payload(4000));
    CHECK(allocate(payload(4000)) > (void *)p[2]);
    release(p[1]);
    CHECK(allocate(payload(4016)) > (void *)p[2]);
    CHECK(allocate(payload(3984)) == p[1]);
    lay_row(p, 4, payload(8000));
    release(p[1]);
    CHECK(allocate(payload(8016)) > (void *)p[2]);
    CHECK(allocate(payload(8000)) == p[1]);
    lay_row(q, 4, payload(4000));
    release(q[1]);
    CHECK(allocate(payload(6000)) > (void *)q[2]);
    CHECK(allocate(payload(4000)) == q[1]);
}

/* ---- Alignment. ---- */

static void memalign_aligns(void)
{
    enum { COUNT = 17 };
    unsigned char *p[COUNT][4];

    for (unsigned i = 0; i < COUNT; i++)
        for (unsigned j = 0; j < 4; j++) {
            size_t align = (size_t)1 << i, size = j * 777 + i;

            p[i][j] = (j % 2 ? aligned : aligned_too)(align, size);
            CHECK(is_aligned(p[i][j], align) && is_aligned(p[i][j], 16));
            CHECK(usable(p[i][j]) >= size && usable(p[i][j]) < size + 64);
            fill(p[i][j], usable(p[i][j]), i * 4 + j);
        }
    for (unsigned i = 0; i < COUNT; i++)
        for (unsigned j = 0; j < 4; j++) {
            CHECK(filled(p[i][j], usable(p[i][j]), i * 4 + j));
            p[i][j] = resize(p[i][j], 3000);
            CHECK(filled(p[i][j], j * 777 + i, i * 4 + j));
        }
    for (unsigned i = 0; i < COUNT; i++)
        for (unsigned j = 0; j < 4; j++)
            release(p[i][j]);
}

/* Above this place there is only the top: what is cut off joins it again. */
static void memalign_wastes_nothing(void)
{
    unsigned char *low, *high;

    use_up();
    for (size_t align = 32; align <= 64 * KIB; align *= 2) {
        CHECK((low = allocate(0)));
        high = aligned(align, 100);
        release(low);
        release(high);
        CHECK(allocate(0) == low);
        size_t gap = (size_t)(high - low);
        low = gap > 100 ? allocate(payload(gap - 32)) : low;
        CHECK(low < high);
        char *brk = brk_now();
        release(aligned(align, 2 * MIB));
        CHECK(brk_now() - brk < HMM_TRIM);
    }
}

/* Mebibytes at both sides of it are not kept, if nothing is above them. */
static void memalign_gives_back_what_it_cut_off(void)
{
    char *p = aligned(8 * MIB, 100);

    CHECK(is_aligned(p, 8 * MIB));
    CHECK(brk_now() - (p + usable(p)) < HMM_TRIM);
}

static void memalign_rounds_to_a_power(void)
{
    for (size_t align = 0; align < 300; align++) {
        size_t power = 16;

        while (power < align)
            power *= 2;
        CHECK(is_aligned(aligned(align, 10), power));
        bool taken = libc_takes_alignment(align);
        errno = 0;
        CHECK(taken ? is_aligned(aligned_too(align, 10), power)
                    : !aligned_too(align, 10) && errno == EINVAL);
    }
    errno = 0;
    CHECK(!aligned(SIZE_MAX / 2 + 2, 1) && errno == EINVAL);
    errno = 0;
    CHECK(!aligned_too(SIZE_MAX, 0) && errno == EINVAL);
    CHECK(no_memory(aligned(SIZE_MAX / 2 + 1, 1)));
    CHECK(no_memory(aligned(SIZE_MAX / 2 + 1, PTRDIFF_MAX - MIB)));
    CHECK(WORD == 4 || no_memory(aligned(SIZE_MAX / 4, 1)));
}

static void posix_memalign_says_why(void)
{
    static const size_t wrong[] = {0, 1, 2, 3, 12, 24, 48, 4097, SIZE_MAX};
    void *p = &p;

    errno = 4711;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(aligned_posix(&p, wrong[i], 10) == EINVAL && p == &p);
    CHECK(aligned_posix(&p, sizeof p / 2, 10) == EINVAL && p == &p);
    CHECK(aligned_posix(&p, 64, SIZE_MAX) == ENOMEM && p == &p);
    CHECK(aligned_posix(&p, 8, PTRDIFF_MAX) == ENOMEM && p == &p);
    CHECK(aligned_posix(&p, SIZE_MAX / 2 + 1, 1) == ENOMEM && p == &p);
    for (size_t align = sizeof p; align <= 128 * KIB; align *= 2) {
        CHECK(aligned_posix(&p, align, 100) == 0);
        CHECK(is_aligned(p, align) && is_aligned(p, 16) && usable(p) >= 100);
    }
    CHECK(aligned_posix(&p, 64, 0) == 0 && p);
    CHECK(errno == 4711);
}

static void valloc_is_for_pages(void)
{
    size_t page = page_size();

    for (size_t size = 0; size < 3 * page; size += page / 2 - 1) {
        void *p = paged(size), *q = pages(size);

        CHECK(p && is_aligned(p, page) && usable(p) >= size);
        CHECK(usable(p) < size + 64);
        CHECK(q && is_aligned(q, page));
        CHECK(usable(q) >= (size + page - 1) / page * page);
        CHECK(usable(q) < size + page + 64);
    }
}

/* The others, that is: malloc, calloc and realloc are of the shared tests. */
static void check_kin_refuse(size_t size)
{
    void *kept = fresh(100, 3), *pointer = &pointer;

    CHECK(no_memory(resize_array(kept, 1, size)));
    CHECK(no_memory(aligned(64, size)) && no_memory(aligned_too(8, size)));
    CHECK(no_memory(paged(size)) && no_memory(pages(size)));
    CHECK(aligned_posix(&pointer, 64, size) == ENOMEM);
    CHECK(pointer == &pointer && errno == NEVER && filled(kept, 100, 3));
    release(kept);
}

static void too_much_is_refused_aligned(void)
{
    static const size_t less[] = {0,  7,    15,       40,
                                  64, 4096, HMM_STEP, HMM_STEP + 8};

    for (size_t i = 0; i < sizeof less / sizeof *less; i++) {
        check_kin_refuse(SIZE_MAX - less[i]);
        check_kin_refuse(PTRDIFF_MAX - less[i]);
        check_kin_refuse((size_t)PTRDIFF_MAX + 1 + less[i]);
    }
}

/* ---- The break. ---- */

static void the_break_comes_down(void)
{
    for (int i = 0; i < 4; i++) {
        unsigned char *p = fresh(8 * MIB, 1), *q = fresh(8 * MIB, 2);

        CHECK(brk_now() - lo > 16 * MIB - HMM_TRIM);
        release(q);
        CHECK((unsigned char *)brk_now() >= p + 8 * MIB);
        CHECK(brk_now() - lo < 8 * MIB + HMM_TRIM);
        CHECK(filled(p, 8 * MIB, 1));
        release(p);
        CHECK(brk_now() - lo < HMM_TRIM);
    }
}

static void the_break_goes_up_in_steps(void)
{
    char *start = brk_now(), *before = start;
    size_t moves = 0, bytes = 0;

    for (; bytes < 2 * MIB; bytes += 100, before = brk_now()) {
        CHECK(allocate(100));
        CHECK((brk_now() - before) % HMM_STEP == 0);
        moves += brk_now() != before;
    }
    CHECK(moves > 0 && moves <= 2 * MIB / HMM_STEP + 60);
    size_t used = (size_t)(brk_now() - start);
    CHECK(used >= 2 * MIB - HMM_STEP && used <= bytes / 100 * 112 + HMM_STEP);
}

/* What is free at the top is counted: the break moves by what is missing. */
static void the_break_goes_up_by_what_lacks(void)
{
    void *p = allocate(HMM_TRIM - 64 * KIB);
    char *brk = brk_now();

    release(p);
    CHECK(brk_now() == brk);
    CHECK(allocate(HMM_TRIM) == p);
    CHECK(brk_now() - brk <= 64 * KIB + HMM_STEP);
    brk = brk_now();
    CHECK(allocate(5 * MIB));
    CHECK(brk_now() - brk <= 5 * MIB + HMM_STEP);
}

/* Half of the threshold stays, to be used without another move. */
static void the_break_leaves_half_the_threshold(void)
{
    unsigned char *p = allocate(4 * MIB), *before = (unsigned char *)brk_now();

    memset(p, 0x44, 4 * MIB);
    release(p);
    unsigned char *after = (unsigned char *)brk_now();
    size_t left = (size_t)(after - p);
    CHECK((size_t)(before - after) % page_size() == 0);
    CHECK(left >= HMM_TRIM / 2 - 16 && left < HMM_TRIM / 2 + 2 * page_size());
    for (int i = 0; i < 2; i++) {
        CHECK(allocate(payload(left)) == p);
        memset(p, 0x44, payload(left));
        CHECK((unsigned char *)brk_now() == after);
        release(p);
    }
}

static void the_break_has_a_threshold(void)
{
    use_up();
    void *p = allocate(HMM_TRIM - 2 * HMM_STEP);
    char *brk = brk_now();

    release(p);
    CHECK(brk_now() == brk);
    CHECK(allocate(HMM_TRIM - 2 * HMM_STEP) == p);
    CHECK(brk_now() == brk);
    CHECK(resize(p, HMM_TRIM) == p);
    release(p);
    CHECK(brk_now() < brk);
}

/* Not by the last block that is freed, but by what it merges with. */
static void many_small_blocks_go_back(void)
{
    enum { COUNT = 20000 };
    static void *p[COUNT];
    char *start = brk_now();

    for (int i = 0; i < COUNT; i++)
        CHECK((p[i] = allocate(200)));
    CHECK(brk_now() - start > COUNT * 200 - HMM_STEP);
    for (int i = 0; i < COUNT; i += 2)
        release(p[i]);
    CHECK(brk_now() - start > COUNT * 200 - HMM_STEP);
    for (int i = 1; i < COUNT; i += 2)
        release(p[i]);
    CHECK(brk_now() - start < HMM_TRIM);
}

static void realloc_lowers_the_break(void)
{
    unsigned char *p = allocate(8 * MIB);

    fill(p, 1000, 1);
    CHECK(resize(p, 1000) == p && filled(p, 1000, 1));
    CHECK((unsigned char *)brk_now() - p < HMM_TRIM);
    p = resize(p, 8 * MIB);
    CHECK(filled(p, 1000, 1));
    memset(p, 1, 8 * MIB);
    CHECK(allocate(1));
    CHECK(resize(p, 16 * MIB) != p);
    CHECK(allocate(payload(8 * MIB)) == p);
}

/* ---- Others who move the break. ---- */

/* A request that fills whole steps still finds room for pad and end tag. */
static void new_segments_fit_what_is_asked(void)
{
    use_up();
    for (size_t shift = 0; shift < 64; shift++) {
        size_t size = 4 * HMM_STEP - shift;

        foreign(shift % 17 + 1);
        char *brk = brk_now();
        unsigned char *p = allocate(size);
        CHECK(p && p > (unsigned char *)brk && usable(p) >= size);
        CHECK(brk_now() - brk <= 5 * HMM_STEP);
        CHECK(p + size < (unsigned char *)brk_now());
        fill(p, size, 1);
        CHECK(filled(p, size, 1));
    }
}

static void the_break_is_not_taken_from_others(void)
{
    unsigned char *p = allocate(8 * MIB), *theirs = foreign(5000);
    char *brk = brk_now();

    memset(p, 1, 8 * MIB);
    release(p);
    CHECK(brk_now() == brk && all_are(theirs, 5000, THEIRS));
    CHECK(allocate(payload(8 * MIB)) == p); /* free like any other */
    CHECK(resize(p, 8 * MIB + HMM_STEP) > (void *)theirs);
    CHECK(all_are(theirs, 5000, THEIRS));
    brk = brk_now();
    unsigned char *q = allocate(8 * MIB);
    release(q);
    CHECK(brk_now() - brk < HMM_TRIM); /* this is ours again */
    CHECK(all_are(theirs, 5000, THEIRS));
}

/* The heap does not grow for what it has; nor is read what it has not. */
static void realloc_below_others_moves(void)
{
    use_up();
    unsigned char *hole = allocate(8 * MIB), *p = allocate(MIB);
    fill(p, MIB, 1);
    foreign(100);
    char *brk = brk_now();
    release(hole);
    CHECK(resize(p, 4 * MIB) == hole && filled(hole, MIB, 1));
    CHECK(brk_now() == brk);
}

/* What was free at the top when others came is used as before. */
static void the_old_top_is_used(void)
{
    use_up();
    void *p = allocate(HMM_TRIM - 2 * HMM_STEP);
    release(p);
    unsigned char *theirs = foreign(100);
    CHECK(allocate(2 * MIB) > (void *)theirs);
    CHECK(allocate(HMM_TRIM - 3 * HMM_STEP) == p);
    CHECK(all_are(theirs, 100, THEIRS));
}

/* ---- When the system refuses. ---- */

static void refused_requests_for_alignment(void)
{
    char *brk = brk_now();

    shortage_begins();
    check_kin_refuse(64 * MIB);
    CHECK(no_memory(aligned(64 * MIB, 100)));
    shortage_ends();
    CHECK(brk_now() == brk);
}

static void all_memory_can_be_used_and_freed(void)
{
    enum { COUNT = 1000, SIZE = 50000 };
    static unsigned char *p[COUNT];

    limit(RLIMIT_AS, address_space() + 16 * MIB);
    for (int round = 0; round < 3; round++) {
        unsigned count = 0;

        while (count < COUNT && (p[count] = allocate(SIZE)))
            fill(p[count], SIZE, count), count++;
        CHECK(no_memory(p[count]));
        CHECK(count > 12 * MIB / SIZE && count < 18 * MIB / SIZE);
        for (unsigned i = 0; i < count; i++) {
            CHECK(filled(p[i], SIZE, i));
            release(p[i]);
        }
        CHECK((p[0] = allocate(8 * MIB)));
        release(p[0]);
    }
}

static const struct test tests[] = {
    CONFORMANCE_TESTS,
    BREAK_TESTS,
    {"works-before-main", works_before_main},
    {"works-in-exit-handlers", works_in_exit_handlers},
    {"all-lies-below-the-break", all_lies_below_the_break},
    {"the-c-library-uses-it", the_c_library_uses_it},
    {"usable-sizes-are-whole-words", usable_sizes_are_whole_words},
    {"reallocarray-multiplies", reallocarray_multiplies},
    {"freed-blocks-are-used-again", freed_blocks_are_used_again},
    {"a-search-in-vain-is-forgotten", a_search_in_vain_is_forgotten},
    {"memalign-aligns", memalign_aligns},
    {"memalign-wastes-nothing", memalign_wastes_nothing},
    {"memalign-gives-back-what-it-cut-off",
     memalign_gives_back_what_it_cut_off},
    {"memalign-rounds-to-a-power", memalign_rounds_to_a_power},
    {"posix-memalign-says-why", posix_memalign_says_why},
    {"valloc-is-for-pages", valloc_is_for_pages},
    {"too-much-is-refused-aligned", too_much_is_refused_aligned},
    {"the-break-comes-down", the_break_comes_down},
    {"the-break-goes-up-in-steps", the_break_goes_up_in_steps},
    {"the-break-goes-up-by-what-lacks", the_break_goes_up_by_what_lacks},
    {"the-break-leaves-half-the-threshold",
     the_break_leaves_half_the_threshold},
    {"the-break-has-a-threshold", the_break_has_a_threshold},
    {"many-small-blocks-go-back", many_small_blocks_go_back},
    {"realloc-lowers-the-break", realloc_lowers_the_break},
    {"new-segments-fit-what-is-asked", new_segments_fit_what_is_asked},
    {"the-break-is-not-taken-from-others", the_break_is_not_taken_from_others},
    {"realloc-below-others-moves", realloc_below_others_moves},
    {"the-old-top-is-used", the_old_top_is_used},
    {"refused-requests-for-alignment", refused_requests_for_alignment},
    {"all-memory-can-be-used-and-freed", all_memory_can_be_used_and_freed},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
